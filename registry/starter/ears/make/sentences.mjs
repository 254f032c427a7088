#!/usr/bin/env node
/**
 * Writes the sentences that are spoken for the ears to learn from: questions about mofa as the guide is asked them, sentences
 * of every day, digits, letters and words in no order.
 *
 *     node sentences.mjs [--count 60000] [--seed 1]
 *
 * out/sentences.jsonl: {"text": what a voice is given, "words": what is to be transcribed, "kind"}. What it is tested on
 * (held-out.json and the guide's own test questions) never enters. The same seed writes the same bytes.
 */
import {mkdirSync, readFileSync, readdirSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {parseArgs} from 'node:util';
import {makeConversations, sources} from '../../guide/make/corpus.mjs';
import {Random} from '../../guide/make/random.mjs';
import {everydaySentence, everydayWords} from './everyday.mjs';

const here = import.meta.dirname;
const guide = path.join(here, '../../guide/make');
const longest = 16;
const spelled = new Set(['gpu', 'cpu', 'gguf', 'api', 'url', 'llm', 'http', 'https', 'cli', 'ssd', 'pc', 'ai', 'ip', 'id', 'pdf', 'csv', 'vram', 'os', 'io', 'npm', 'sse', 'usb', 'ui', 'tts', 'asr']);
const small = ['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten', 'eleven', 'twelve', 'thirteen', 'fourteen', 'fifteen', 'sixteen', 'seventeen', 'eighteen', 'nineteen'];
const tens = ['', '', 'twenty', 'thirty', 'forty', 'fifty', 'sixty', 'seventy', 'eighty', 'ninety'];

/** The words of a text as they are transcribed, or null where it holds what nobody can say. */
export function spokenWords(text) {
	const words = text.toLowerCase().replaceAll('’', "'").replace(/(?<=[a-z])-(?=[a-z])/g, ' ').split(/\s+/).map(word => word.replace(/^["'(]+|[.,!?;:)"']+$/g, '')).filter(word => /[^-–…]/.test(word));
	const said = words.map(word => (/^\d{1,2}$/.test(word) ? numberWords(Number(word)) : word));
	return said.length > 0 && said.every(word => /^[a-z]+('[a-z]+)*( [a-z]+)?$/.test(word)) ? said.join(' ') : null;
}

/** What a voice is given: short names in capitals, so that they are spelled out. */
export function forVoice(words, end) {
	const list = words.split(' ');
	const letter = word => word?.length === 1 && word !== 'a' && word !== 'i';
	const spell = (word, i) => spelled.has(word) || word === 'i' || letter(word) || (word === 'a' && (letter(list[i - 1]) || letter(list[i + 1])));
	return list.map((word, i) => (spell(word, i) ? word.toUpperCase() : word)).join(' ') + end;
}

function numberWords(n) {
	return n < 20 ? small[n] : tens[Math.floor(n / 10)] + (n % 10 ? ` ${small[n % 10]}` : '');
}

/** Words that the guide's knowledge is written with: a slip of the finger is not among them. */
function knownWords() {
	const folder = path.join(guide, 'knowledge');
	const counts = new Map();
	for (const name of readdirSync(folder).filter(name => name.endsWith('.txt')))
		for (const [word] of readFileSync(path.join(folder, name), 'utf8').toLowerCase().replaceAll('’', "'").matchAll(/[a-z]+(?:'[a-z]+)*/g)) counts.set(word, (counts.get(word) ?? 0) + 1);
	return new Map([...counts].filter(([word, count]) => count > 1 && (word.length > 1 || /[ai]/.test(word))));
}

const random = new Random(0);

async function main({count, seed}) {
	const from = await sources();
	const conversation = makeConversations(Number(seed), from, 'questions');
	Object.assign(random, new Random(Number(seed) + 7));
	const known = knownWords();
	const banned = new Set([...from.banned, ...JSON.parse(readFileSync(path.join(here, 'held-out.json'), 'utf8'))]);
	const loose = [...everydayWords(), ...[...known].filter(([, n]) => n > 5).map(([word]) => word)];
	const question = () => {
		for (;;) {
			const words = spokenWords(conversation().messages.find(({role}) => role === 'user').content);
			if (words && words.split(' ').every(word => known.has(word)) && words.split(' ').length <= longest) return words;
		}
	};
	const kinds = [
		[0.5, 'question', question],
		[0.86, 'everyday', () => everydaySentence(random)],
		[1, 'words', () => Array.from({length: 1 + random.below(5)}, () => random.pick(loose)).join(' ')],
	];
	const seen = new Map();
	const lines = [];
	while (lines.length < Number(count)) {
		const at = random.next();
		const [, kind, make] = kinds.find(([upTo]) => at < upTo);
		const words = make();
		if (banned.has(words) || (seen.get(words) ?? 0) >= 3) continue;
		seen.set(words, (seen.get(words) ?? 0) + 1);
		const end = kind === 'words' ? random.pick(['', '.']) : random.pick(['', '.', '?']);
		lines.push(JSON.stringify({text: forVoice(words, end), words, kind}));
	}
	mkdirSync(path.join(here, 'out'), {recursive: true});
	writeFileSync(path.join(here, 'out/sentences.jsonl'), `${lines.join('\n')}\n`);
	const test = [
		...JSON.parse(readFileSync(path.join(guide, 'held-out.json'), 'utf8')).map(([, , ask]) => ask).map(spokenWords).filter(words => words && words.split(' ').length <= longest).map(words => ({words, kind: 'question'})),
		...JSON.parse(readFileSync(path.join(here, 'held-out.json'), 'utf8')).map(words => ({words, kind: 'everyday'})),
	].map(({words, kind}) => ({text: forVoice(words, '.'), words, kind}));
	writeFileSync(path.join(here, 'out/held-out.jsonl'), `${test.map(line => JSON.stringify(line)).join('\n')}\n`);
	console.log(JSON.stringify({sentences: lines.length, words: new Set(lines.flatMap(line => JSON.parse(line).words.split(' '))).size, heldOut: test.length}));
}

if (process.argv[1] === import.meta.filename) {
	const {values} = parseArgs({options: {count: {type: 'string', default: '60000'}, seed: {type: 'string', default: '1'}}});
	await main(values);
}
