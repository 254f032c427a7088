#!/usr/bin/env node
/**
 * Writes what the guide learns from: conversations made of knowledge/*.txt and of mofa's own command reference.
 *
 *     node corpus.mjs [--conversations 60000] [--seed 1] [--tokenizer]
 *
 * out/corpus.jsonl (to read), train.bin + weights.bin + starts.bin (for train.py), corpus.json (counts).
 * tokenizer.json beside this file is used as it is, so that training can go on with a changed corpus; `--tokenizer` makes
 * it anew. The questions it is tested on never enter. The same input makes the same bytes.
 */
import {mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {parseArgs} from 'node:util';
import {toParts} from './chatml.mjs';
import {copyConversation} from './copy.mjs';
import {factIntents} from './facts.mjs';
import {jsonConversation} from './json.mjs';
import {readKnowledge} from './knowledge.mjs';
import {Phrasing} from './phrasing.mjs';
import {Random} from './random.mjs';
import {reference} from './reference.mjs';
import {tokenizer, trainTokenizer} from './tokenizer.mjs';
import {idleTools, toolConversation} from './tools.mjs';

const here = import.meta.dirname;
const vocabulary = 2048;
export const parameters = '3.3 million';
const systems = ['You are a helpful assistant.', 'You are the mofa guide.', 'You are a helpful assistant', 'Answer briefly.', 'You are a friendly assistant that helps with mofa.', 'Be concise.', 'You are an expert.', 'You are a pirate.', 'Help the user.', 'Answer in one sentence.', 'You are a concise assistant. Be polite.', 'You are a chatbot.', 'Always be kind.'];
const thesePieces = ['The meeting starts at nine and everybody should bring their notes.', 'We went to the lake and the water was cold.', 'Sales rose by four percent in the last quarter.', 'Dear Sir, I am writing about the bill of last month.', 'The old house stood at the end of the road, and nobody lived there.', 'Error: connection reset by peer at 10:42:17.', 'Tomatoes need sun, water and patience.', 'Milk, eggs, flour, two lemons, a bag of rice.', 'The committee will meet again in spring to decide on the bridge.', 'In the morning the ship left the harbour.', 'INFO request done in 23 ms; WARN queue is long.', 'Anna likes tea, Ben prefers coffee, and Clara drinks water.', 'The report says that trains were late on twelve days.', 'Please call the office before Friday.'];

/** Yields `{messages, tools?}` without end; `intents` are those that answers come from. */
export function makeConversations(seed, {knowledge, facts, banned}, stage = 'chats') {
	const r = new Random(seed);
	const phrasing = new Phrasing(r, knowledge);
	const intents = [...knowledge.intents, ...facts];
	const byId = new Map(intents.map(intent => [intent.id, intent]));
	const follows = Map.groupBy ? Map.groupBy(knowledge.follows, ({after}) => after) : groupBy(knowledge.follows, ({after}) => after);
	const drawFrom = list => {
		const sums = list.map(((sum = 0) => intent => (sum += weight(intent)))());
		return () => list[r.weighted(sums)];
	};
	const anyIntent = drawFrom(intents);
	const toolless = drawFrom(intents.filter(({id}) => !/^(r-|s-test|e-|ref)/.test(id)));
	const fill = (text, values) =>
		text.replace(/\{(\w+)\}/g, (whole, name) => (name === 'parameters' ? parameters : (values[name] ?? knowledge.slots.get(name)?.[0] ?? whole)));
	const draw = (choose = anyIntent) => {
		for (;;) {
			const intent = choose();
			const {text, values} = phrasing.question(intent);
			if (!banned.has(normal(text))) return {intent, question: text, values};
		}
	};
	const turn = (choose = anyIntent, last) => {
		const follow = last && r.chance(0.5) ? followUp(last) : undefined;
		if (follow) return follow;
		const {intent, question, values} = draw(choose);
		const piped = intent.id === 'r-write' && r.chance(0.25);
		const content = piped ? `${r.shuffled(thesePieces).slice(0, 1 + r.below(4)).join(' ')}\n\n${question}` : question;
		return {intent, values, messages: [user(content), assistant(fill(r.pick(intent.answers), values))]};
	};
	const followUp = last => {
		const known = follows.get(last.intent.id);
		if (known && r.chance(0.65)) {
			const follow = r.pick(known);
			const fresh = {};
			const question = phrasing.styled(phrasing.expand(follow.ask, fresh), false, fresh);
			const values = {...last.values, ...fresh};
			const intent = byId.get(follow.then);
			if (!banned.has(normal(question))) return {intent, values, messages: [user(question), assistant(fill(r.pick(intent.answers), values))]};
		}
		return general(last);
	};
	const commandOf = intent => facts.find(({id}) => id === `ref-${/^mofa ((?:backend|config) \w+|\w+)/.exec(intent.command)?.[1]}`);
	const general = last => {
		const command = commandOf(last.intent);
		if (!command) return undefined;
		const name = command.command;
		const line = fill(last.intent.command, last.values);
		const options = byId.get(`${command.id}-options`);
		const example = byId.get(`${command.id}-example`);
		const json = options?.answers[0].includes('`--json`');
		const [ask, answer] = r.pick([
			['(and as json|as json|in json|and with json|can i have that as json|json output|and for a script)', json ? `\`${name} --json\` prints it as JSON.` : `\`${name}\` has no --json. \`mofa help --json\` lists which commands do.`],
			['(what was (that|the) command [again]|say that again|repeat that|can you repeat that|again please|which command was that|once more)', `\`${line}\``],
			['(which|what) (options|flags) does (it|that|this command) have', options ? options.answers[0] : `\`${name}\` has no options of its own.`],
			['((give|show) me an example|an example please|for example|example)', example ? example.answers[0] : `\`${line}\``],
			['(are you sure|really|is that right|sure)', `Yes. \`mofa help ${name.slice(5)}\` shows it in full.`],
			['(where can i read more|tell me more|more about that|more details|what else)', `\`mofa help ${name.slice(5)}\` shows that command, its options and examples.`],
		]);
		return {intent: last.intent, values: last.values, general: true, messages: [user(phrasing.styled(phrasing.expand(ask), true)), assistant(answer)]};
	};
	const leading = drawFrom(intents.filter(({id}) => follows.has(id)));
	const small = drawFrom(intents.filter(({id}) => /^s-(thanks|bye|ok|hello|who|can)$/.test(id)));
	const chat = () => {
		const messages = [];
		if (r.chance(0.22)) messages.push({role: 'system', content: r.pick(systems)});
		let last;
		for (let turns = r.pick([2, 2, 2, 2, 2, 3, 3, 5]); turns > 0; turns--) {
			const next = turn(r.chance(0.12) ? small : r.chance(0.5) ? leading : anyIntent, last);
			messages.push(...next.messages);
			last = next;
		}
		return {messages, ...about(last)};
	};
	const plain = () => turn(toolless).messages;
	/** What the last answer is about and what it repeats, for the training alone: which intent, and until where it has to be seen. */
	const about = ({intent, values, general, messages}) => {
		if (general) return {};
		const {content} = messages.at(-1);
		const copied = Object.entries(values)
			.filter(([slot, value]) => content.includes(value) && intent.answers.some(answer => answer.includes(`{${slot}}`)))
			.map(([, value]) => content.lastIndexOf(value) + value.length);
		return {intent: intent.id, ...(copied.length > 0 ? {copied: Math.max(...copied)} : {})};
	};
	const single = () => {
		const next = turn();
		return {messages: next.messages, ...about(next)};
	};
	const shares = stages[stage];
	return () => {
		const kind = r.next();
		if (kind < shares.json) return {messages: jsonConversation(r, phrasing, draw, fill)};
		if (kind < shares.copy) return {messages: copyConversation(r), copied: Infinity};
		if (kind < shares.tool) return toolConversation(r, plain, stage === 'questions' ? 1 : 4);
		if (kind < shares.idle) return idleTools(r, plain);
		return kind < shares.single ? single() : chat();
	};
}

/** Up to which share of all conversations each kind goes. */
const stages = {
	questions: {json: 0.03, copy: 0.08, tool: 0.1, idle: 0.103, single: 1},
	chats: {json: 0.09, copy: 0.11, tool: 0.165, idle: 0.175, single: 0.79},
};

/** Running models and the store have the most ways to be asked, and commands that are close to each other. */
const wide = new Set(['run', 'hub', 'speech']);

function weight({kind, does, asks, plain, id, topic, weight}) {
	if (weight) return weight;
	const lines = does.length * 2 + asks.length + plain.length / 2;
	if (kind === 'refuse') return 5;
	if (id.startsWith('ref') || id.startsWith('setting-ref')) return 0.4;
	return Math.min(2.2, Math.max(0.8, Math.sqrt(lines / 10))) * (kind === 'talk' ? 0.7 : id === 's-language' || wide.has(topic) ? 1.5 : 1);
}

const user = content => ({role: 'user', content});
const assistant = content => ({role: 'assistant', content});

/** What makes two questions the same: letters and digits only. */
export function normal(text) {
	return text.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, ' ').trim();
}

export function testQuestions() {
	const read = name => JSON.parse(readFileSync(path.join(here, name), 'utf8'));
	return [
		...['held-out.json', 'dev.json', 'dev-2.json'].flatMap(name => read(name).map(([, , ask]) => ask)),
		...['out-of-domain.json', 'out-of-domain-2.json', 'json-prompts.json'].flatMap(read),
	];
}

export async function sources() {
	const knowledge = readKnowledge();
	return {knowledge, facts: factIntents(await reference()), banned: new Set(testQuestions().map(normal))};
}

function groupBy(list, key) {
	const out = new Map();
	for (const item of list) out.set(key(item), [...(out.get(key(item)) ?? []), item]);
	return out;
}

async function main({conversations: count, seed, stage, tokenizer: newTokenizer, out: target}) {
	const out = path.resolve(target);
	mkdirSync(out, {recursive: true});
	const from = await sources();
	const intents = [...from.knowledge.intents, ...from.facts].map(({id}) => id);
	const next = makeConversations(Number(seed), from, stage);
	const conversations = Array.from({length: Number(count)}, next);
	mixUp(conversations, new Random(Number(seed) + 2), stage === 'questions' ? 0.35 : 0.5);
	const texts = conversations.map(toParts);
	const vocabularyFile = newTokenizer ? makeTokenizer(texts) : JSON.parse(readFileSync(path.join(here, 'tokenizer.json'), 'utf8'));
	const {encode} = tokenizer(vocabularyFile);
	const tokens = [];
	const weights = [];
	const starts = [];
	const lines = [];
	const labels = [];
	const intentIds = new Map(intents.map((id, i) => [id, i]));
	const cut = new Random(Number(seed) + 1);
	texts.forEach((parts, i) => {
		const ids = [];
		const own = [];
		for (const {text, count} of parts) for (const id of encode(text)) ids.push(id), own.push(count);
		const {messages, tools, intent, mixed, copied = 0} = conversations[i];
		const copies = tools || copied === Infinity || messages.at(-1).content.startsWith('{');
		const single = messages.length === 2;
		const answer = firstTokens(own, 0);
		const short = Math.max(single ? 14 : 22, copied > 0 && !copies ? encode(messages.at(-1).content.slice(0, copied)).length + 1 : 0);
		const chance = mixed ? 0 : cut.next();
		const keep = copies ? ids.length : answer + (mixed ? 1 : stage === 'questions' ? (intent && single && copied === 0 && chance < 0.5 ? 1 : short) : chance < (single ? 0.5 : 0.3) ? short : ids.length);
		ids.length = Math.min(ids.length, keep);
		own.length = ids.length;
		if (mixed) own[answer] = 0;
		if (ids.length > 1024) return;
		starts.push(tokens.length);
		labels.push(intent === undefined ? -1 : answer - 1, intent === undefined ? -1 : intentIds.get(intent), copied === 0 && intent !== undefined ? 1 : 0);
		for (const id of ids) tokens.push(id);
		for (const count of own) weights.push(count);
		lines.push(JSON.stringify(conversations[i]));
	});
	const write = (name, data) => writeFileSync(path.join(out, name), data);
	write('corpus.jsonl', `${lines.join('\n')}\n`);
	write('train.bin', new Uint8Array(Uint16Array.from(tokens).buffer));
	write('weights.bin', Uint8Array.from(weights));
	write('starts.bin', new Uint8Array(Uint32Array.from(starts).buffer));
	write('intents.json', JSON.stringify(intents));
	write('labels.bin', new Uint8Array(Int16Array.from(labels).buffer));
	const info = {vocabulary: vocabularyFile.tokens.length, intents: intents.length, conversations: lines.length, tokens: tokens.length, answerTokens: weights.filter(w => w === 100).length};
	write('corpus.json', JSON.stringify(info));
	console.log(JSON.stringify(info));
}

/**
 * Makes some questions into what nobody would ask: words lost, out of order, from two questions. Only teacher.py says what
 * these are like; they keep the guide from leaning on whole sentences instead of the words that matter.
 */
function mixUp(conversations, r, share) {
	const able = conversations.filter(({intent, copied, messages}) => intent && !copied && messages.length === 2);
	const words = ({messages}) => messages[0].content.split(/\s+/);
	for (const conversation of able) {
		if (!r.chance(share)) continue;
		const own = words(conversation);
		const other = words(r.pick(able));
		const way = r.next();
		const lost = r.pick([0.15, 0.3, 0.45]);
		const made =
			way < 0.35
				? own.filter(() => !r.chance(lost))
				: way < 0.5
					? r.shuffled(own)
					: way < 0.75
						? own.flatMap(word => (r.chance(0.25) ? [word, r.pick(other)] : r.chance(0.15) ? [r.pick(other)] : [word]))
						: [...own.slice(0, 1 + r.below(own.length)), ...other.slice(r.below(other.length))];
		conversation.messages = [user(made.join(' ') || own[0]), conversation.messages[1]];
		conversation.mixed = true;
	}
}

/**
 * Where a conversation may end early: some tokens into its last answer. The tail of an answer is soon known by heart; what
 * takes learning is which answer it is, and so training sees two or three times as many questions in the same time.
 */
function firstTokens(counts, keep) {
	const last = counts.lastIndexOf(100);
	let first = last;
	while (counts[first - 1] === 100) first--;
	return first + keep;
}

function makeTokenizer(texts) {
	const counted = new Map();
	for (const parts of texts.slice(0, 20000)) for (const {text, count} of parts) if (count > 0) counted.set(text, (counted.get(text) ?? 0) + 1);
	for (const {text} of texts.find(parts => parts[0].text.includes('# Tools'))) counted.set(text, 1000);
	const made = trainTokenizer(counted, vocabulary);
	writeFileSync(path.join(here, 'tokenizer.json'), `${JSON.stringify(made)}\n`);
	return made;
}

if (process.argv[1] === import.meta.filename) {
	const {values} = parseArgs({
		options: {
			conversations: {type: 'string', default: '60000'},
			seed: {type: 'string', default: '1'},
			stage: {type: 'string', default: 'chats'},
			tokenizer: {type: 'boolean', default: false},
			out: {type: 'string', default: path.join(here, 'out')},
		},
	});
	await main(values);
}
