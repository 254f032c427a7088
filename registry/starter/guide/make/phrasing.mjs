/** Turns templates into what a person might type: expansion, frames, register, slips of the finger. */
import {readFileSync} from 'node:fs';
import path from 'node:path';
import {inventors} from './names.mjs';

/** How a thing to do is asked for. $ is the thing: "list the models". */
const doFrames = [
	['how do i $', 10], ['how can i $', 5], ['how to $', 5], ['$', 6], ['how do you $', 1.5], ['how would i $', 1],
	['what is the command to $', 3], ['which command (can|will|lets me|do i use to) $', 2], ['command to $', 1.5],
	['i want to $', 4], ['i need to $', 2], ['i would like to $', 2.5], ['can i $', 3], ['is there a way to $', 2.5],
	['can you tell me how to $', 1.5], ['tell me how to $', 1], ['show me how to $', 1], ['what do i type to $', 1.5],
	['what is the (best|easiest|right|quickest) way to $', 1.5], ['please $', 1], ['help me $', 1],
	['i am trying to $', 1], ['is it possible to $', 2], ['is there a command to $', 1.5], ['how does one $', 0.7],
	['any way to $', 0.7], ['what should i (run|do|type|use) to $', 1.5], ['explain how to $', 0.7],
	['where can i $', 1.5], ['where do i $', 1], ['can mofa $', 1.5], ['does mofa let me $', 0.7],
	['which flag do i need to $', 0.5], ['how should i $', 0.7], ['what (must|do) i do to $', 1], ['i have to $', 0.7],
	['could you explain how to $', 0.5], ['let me $', 1], ['how might i $', 0.5], ['can you $', 1], ['way to $', 0.5],
	['what if i want to $', 1], ['is there an option to $', 0.7], ['i wish to $', 0.3], ['can it $', 0.8],
	['how is it possible to $', 0.3], ['what can i do to $', 0.7], ['how am i supposed to $', 0.4],
];
/** How the meaning of a thing is asked for. */
const conceptFrames = [
	['what is $', 10], ['what are $', 3], ['explain $', 4], ['$', 3], ['what does $ mean', 4], ['define $', 1],
	['can you explain $', 2], ['tell me about $', 2], ['what is meant by $', 1.5], ['meaning of $', 1],
	['i do not (understand|know) $', 1], ['what exactly (is|are) $', 1.5], ['what do you mean by $', 1],
	['explain $ (to me|in simple words|briefly)', 1.5], ['describe $', 0.7], ['what is $ (for|good for|used for)', 1.5],
	['why do i need $', 0.7], ['in simple words, what is $', 0.5], ['what do people mean by $', 0.5], ['what do $ do', 0.7],
];
const askFrames = [['$', 14], ['can you tell me $', 1], ['tell me $', 0.6], ['i want to know $', 0.6], ['do you know $', 0.5]];
const read = name => JSON.parse(readFileSync(path.join(import.meta.dirname, 'knowledge', name), 'utf8'));
/** What people say around a question, and words that change nothing: the guide has to learn to look past them. */
const chatter = read('chatter.json');
/** Words that mean much the same in a question about mofa. */
const synonyms = new Map(Object.entries(read('synonyms.json')));
const short = [[/\bwhat is\b/g, "what's"], [/\bdo not\b/g, "don't"], [/\bdoes not\b/g, "doesn't"], [/\bi am\b/g, "i'm"], [/\bi would\b/g, "i'd"], [/\bcannot\b/g, "can't"], [/\bis not\b/g, "isn't"], [/\bit is\b/g, "it's"], [/\bi have\b/g, "i've"]];

const long = [[/\bwhat's\b/g, 'what is'], [/\bdon't\b/g, 'do not'], [/\bdoesn't\b/g, 'does not'], [/\bi'm\b/g, 'i am'], [/\bi'd\b/g, 'i would'], [/\bcan't\b/g, 'cannot'], [/\bisn't\b/g, 'is not'], [/\bit's\b/g, 'it is'], [/\bi've\b/g, 'i have'], [/\bwon't\b/g, 'will not']];

/** Where a whole sentence names a file, a model or a number that its answer repeats. */
const places = {
	file: /(?:\.{0,2}\/)?[\w./-]+\.gguf/i,
	name: /\b(?:[\w-]+\/)?(?:qwen|llama|gemma|mistral|phi|smollm|granite|deepseek|olmo|tinyllama|codellama|mixtral)(?!\.cpp)[\w.:-]*\w|\b(?:qwen|llama|gemma|mistral|phi)\b/i,
	model: /\b(?:[\w-]+\/)?(?:qwen|llama|gemma|mistral|phi|smollm|granite|deepseek|olmo|tinyllama|codellama|mixtral)(?!\.cpp)[\w.:-]*\w|\b(?:qwen|llama|gemma|mistral|phi)\b/i,
	port: /\b\d{4,5}\b/,
	seed: /\b\d{1,6}\b/,
	heat: /\b[01]\.\d+\b/,
	ctx: /\b\d{4,6}\b/,
	size: /\b\d+GB\b/,
	count: /\b\d+\b/,
	time: /\b\d+[mhs]\b/,
};

function withSlots(text, {answers}) {
	let out = text;
	for (const [slot, place] of Object.entries(places)) if (answers.some(answer => answer.includes(`{${slot}}`))) out = out.replace(place, `{${slot}}`);
	return out;
}

export class Phrasing {
	constructor(random, {words, slots}) {
		this.random = random;
		this.words = words;
		this.slots = slots;
	}

	/** `(a|b)` picks, `[a]` is there half of the time, `@word` is a word like it, `{slot}` is remembered in `values`. */
	expand(template, values = {}) {
		let at = 0;
		const sequence = () => {
			const choices = [[]];
			while (at < template.length && template[at] !== ')' && template[at] !== ']') {
				const c = template[at++];
				if (c === '|') choices.push([]);
				else if (c === '(' || c === '[') {
					const start = at;
					skip();
					choices.at(-1).push({c, inner: template.slice(start, at)});
					at++;
				} else choices.at(-1).push(c);
			}
			return choices;
		};
		const skip = () => {
			for (let depth = 0; at < template.length; at++) {
				if (template[at] === '(' || template[at] === '[') depth++;
				else if (template[at] === ')' || template[at] === ']') if (depth-- === 0) return;
			}
			throw new Error(`a bracket stays open in: ${template}`);
		};
		const chosen = this.random.pick(sequence());
		const text = chosen
			.map(part => {
				if (typeof part === 'string') return part;
				if (part.c === '[' && this.random.chance(0.5)) return '';
				return this.expand(part.inner, values);
			})
			.join('');
		return text
			.replace(/@(\w+)/g, (whole, name) => (this.words.has(name) ? this.random.pick(this.words.get(name).split('|')) : whole))
			.replace(/\{(\w+)\}/g, (whole, name) => {
				const list = this.slots.get(name);
				if (!list) return whole;
				return (values[name] ??= this.value(name, list));
			})
			.replace(/ {2,}/g, ' ')
			.trim();
	}

	/** Mostly made up, so that an answer that repeats it has to be copied and cannot be learned by heart. */
	value(slot, list) {
		return slot in inventors && this.random.chance(0.7) ? inventors[slot](this.random) : this.random.pick(list);
	}

	/** A question of an intent as someone might type it, with the slot values it used. */
	question(intent) {
		const values = {};
		const total = intent.does.length * 2 + intent.asks.length;
		if (intent.plain.length > 0 && (total === 0 || this.random.chance((intent.kind === 'refuse' ? 0.35 : 0.55) * Math.min(1, intent.plain.length / 8)))) return this.whole(intent, values);
		const useDo = this.random.next() * total < intent.does.length * 2;
		const frames = !useDo ? askFrames : intent.kind === 'concept' ? conceptFrames : doFrames;
		const core = this.expand(this.random.pick(useDo ? intent.does : intent.asks), values);
		const plain = !useDo && intent.kind !== 'command' && intent.kind !== 'not-yet';
		const framed = plain ? core : this.expand(this.frame(frames)).replace('$', () => core);
		return {text: this.styled(framed, intent.kind === 'talk' || intent.kind === 'language', values), values};
	}

	/** One of the whole sentences, at times as it stands, mostly with small changes. */
	whole(intent, values) {
		intent.slotted ??= intent.plain.map(text => withSlots(text, intent));
		const text = this.expand(this.random.pick(intent.slotted), values);
		if (this.random.chance(0.25)) return {text, values};
		const bare = text.replace(/^[A-Z](?=[a-z' ])/, letter => (/^I\b/.test(text) ? letter : letter.toLowerCase())).replace(/\bI('|\b)/g, 'i$1').replace(/[.?!]+$/, '');
		return {text: this.styled(bare, intent.kind === 'talk' || intent.kind === 'language', values), values};
	}

	frame(frames) {
		const sums = (frames.sums ??= frames.map(((sum = 0) => frame => (sum += frame[1]))()));
		return frames[this.random.weighted(sums)][0];
	}

	/** Some words replaced by others like them; names, paths and flags are left alone. */
	varied(text) {
		const often = this.random.pick([0, 0.1, 0.25]);
		return text.replace(/(?<![\w./\-_'@])[a-z]+(?![\w./\-_'@])/g, word =>
			synonyms.has(word) && this.random.chance(often) ? this.random.pick(synonyms.get(word)) : word,
		);
	}

	/** Register, punctuation, contractions and slips; `brief` texts (greetings) get less around them. */
	styled(text, brief = false, values = {}) {
		const kept = Object.values(values).filter(value => text.includes(value)).sort((a, b) => b.length - a.length);
		const safe = kept.reduce((out, value, i) => out.replaceAll(value, String.fromCharCode(0xe000 + i)), text);
		const styled = this.restyled(safe, brief);
		return kept.reduce((out, value, i) => out.replaceAll(String.fromCharCode(0xe000 + i), () => value), styled);
	}

	restyled(text, brief) {
		const r = this.random;
		let out = text;
		if (!brief) {
			out = this.varied(out);
			if (r.chance(0.12)) out = insertWord(r, out, r.pick(chatter.words));
			if (r.chance(0.07)) out = dropWord(r, out);
			if (r.chance(0.14)) out = r.pick(chatter.before) + out;
			if (r.chance(0.14)) out += r.pick(chatter.after);
		}
		for (const [from, to] of short) if (r.chance(0.5)) out = out.replace(from, to);
		for (const [from, to] of long) if (r.chance(0.2)) out = out.replace(from, to);
		if (r.chance(brief ? 0.04 : 0.12)) out = slip(r, out);
		if (r.chance(0.02)) out = slip(r, out);
		const style = r.next();
		const asks = /^(what|how|which|can|could|is|are|does|do|why|where|who|when|will|any|should|would|did)\b/i.test(out);
		const end = asks ? '?' : brief ? r.pick(['.', '!', '!', '']) : r.pick(['.', '.', '?', '']);
		if (style < 0.42) return r.chance(0.1) ? out.replace(/'/g, '') : out;
		if (style < 0.52) return out + end;
		const proper = capital(out).replace(/\bi('|\b)/g, 'I$1').replace(/\b(gguf|json|gpu|cpu|api|http)\b/g, word => word.toUpperCase());
		if (style < 0.62) return proper;
		if (style < 0.985) return proper + end;
		return out.toUpperCase();
	}
}

function capital(text) {
	return text.replace(/^[a-z]/, letter => letter.toUpperCase());
}

function insertWord(r, text, word) {
	const words = text.split(' ');
	words.splice(1 + r.below(Math.max(1, words.length - 1)), 0, word);
	return words.join(' ');
}

function dropWord(r, text) {
	const words = text.split(' ');
	const small = words.map((word, i) => (/^(the|a|an|do|i|to|my|is|it|of|in)$/.test(word) ? i : -1)).filter(i => i >= 0);
	if (small.length === 0 || words.length < 4) return text;
	words.splice(r.pick(small), 1);
	return words.join(' ');
}

/** One slip of the finger inside a word: two letters swapped, one lost, one doubled, or the neighbour key. */
function slip(r, text) {
	const places = [...text.matchAll(/[a-z]{4,}/g)];
	if (places.length === 0) return text;
	const place = r.pick(places);
	const at = place.index + 1 + r.below(place[0].length - 2);
	const kind = r.below(4);
	const letter = text[at];
	if (kind === 0) return text.slice(0, at) + text[at + 1] + letter + text.slice(at + 2);
	if (kind === 1) return text.slice(0, at) + text.slice(at + 1);
	if (kind === 2) return text.slice(0, at) + letter + text.slice(at);
	const rows = ['qwertyuiop', 'asdfghjkl', 'zxcvbnm'];
	const row = rows.find(keys => keys.includes(letter)) ?? letter;
	const near = row[row.indexOf(letter) + (r.chance(0.5) ? 1 : -1)] ?? letter;
	return text.slice(0, at) + near + text.slice(at + 1);
}
