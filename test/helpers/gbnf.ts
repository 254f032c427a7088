/** Reads and tries grammars in GBNF, the dialect of llama.cpp, without native code. */

type Node =
	| {
			readonly kind: 'set';
			readonly test: (code: number) => boolean;
			readonly ranges: ReadonlyArray<readonly [number, number]>;
	  }
	| {readonly kind: 'rule'; readonly name: string}
	| {readonly kind: 'sequence' | 'choice'; readonly items: readonly Node[]}
	| {readonly kind: 'repeat'; readonly item: Node; readonly min: number; readonly max: number};

export interface TestGrammar {
	/** Whether the whole text is one that the grammar allows. */
	matches(text: string): boolean;
	/** A random text that the grammar allows; `random` gives 0..1. */
	sample(random: () => number): string;
}

export function readGbnf(source: string): TestGrammar {
	const rules = new Map<string, Node>();
	for (const line of source.split('\n')) {
		const [, name, body] = /^([\w-]+) ::= (.*)$/.exec(line) ?? [];
		if (name === undefined || body === undefined) {
			if (line.trim() !== '') throw new Error(`no rule: ${line}`);
			continue;
		}
		const reader = {text: [...body], at: 0};
		rules.set(name, readChoice(reader));
		if (reader.at !== reader.text.length)
			throw new Error(`unread in ${name}: ${reader.text.slice(reader.at).join('')}`);
	}
	const start: Node = {kind: 'rule', name: 'root'};
	return {
		matches: text => {
			const codes = [...text].map(character => character.codePointAt(0) ?? 0);
			return new Matcher(rules, codes).ends(start, 0).has(codes.length);
		},
		sample: random => sample(rules, start, random, 0),
	};
}

interface Reader {
	readonly text: readonly string[];
	at: number;
}

function readChoice(reader: Reader): Node {
	const items = [readSequence(reader)];
	while (reader.text[reader.at] === '|') {
		reader.at += 1;
		items.push(readSequence(reader));
	}
	return items.length === 1 ? items[0]! : {kind: 'choice', items};
}

function readSequence(reader: Reader): Node {
	const items: Node[] = [];
	for (;;) {
		while (reader.text[reader.at] === ' ') reader.at += 1;
		const character = reader.text[reader.at];
		if (character === undefined || character === '|' || character === ')') return {kind: 'sequence', items};
		items.push(readCount(reader, readAtom(reader)));
	}
}

function readAtom(reader: Reader): Node {
	const character = reader.text[reader.at];
	if (character === '(') {
		reader.at += 1;
		const inner = readChoice(reader);
		expectAt(reader, ')');
		return inner;
	}
	if (character === '"') {
		reader.at += 1;
		const items: Node[] = [];
		while (reader.text[reader.at] !== '"') items.push(single(readCharacter(reader)));
		reader.at += 1;
		return {kind: 'sequence', items};
	}
	if (character === '[') return readSet(reader);
	let name = '';
	while (/[\w-]/.test(reader.text[reader.at] ?? '')) {
		name += reader.text[reader.at];
		reader.at += 1;
	}
	if (name === '') throw new Error(`unexpected ${character}`);
	return {kind: 'rule', name};
}

function readSet(reader: Reader): Node {
	reader.at += 1;
	const ranges: Array<readonly [number, number]> = [];
	if (reader.text[reader.at] === '^') throw new Error('negated sets are not expected');
	while (reader.text[reader.at] !== ']') {
		const low = readCharacter(reader);
		if (reader.text[reader.at] === '-' && reader.text[reader.at + 1] !== ']') {
			reader.at += 1;
			ranges.push([low, readCharacter(reader)]);
		} else ranges.push([low, low]);
	}
	reader.at += 1;
	return {kind: 'set', ranges, test: code => ranges.some(([low, high]) => code >= low && code <= high)};
}

const single = (code: number): Node => ({kind: 'set', ranges: [[code, code]], test: other => other === code});

function readCharacter(reader: Reader): number {
	const character = reader.text[reader.at];
	reader.at += 1;
	if (character === undefined) throw new Error('unexpected end');
	if (character !== '\\') return character.codePointAt(0)!;
	const escape = reader.text[reader.at]!;
	reader.at += 1;
	const digits = {x: 2, u: 4, U: 8}[escape];
	if (digits !== undefined) {
		const hex = reader.text.slice(reader.at, reader.at + digits).join('');
		reader.at += digits;
		return Number.parseInt(hex, 16);
	}
	const known = {n: 10, r: 13, t: 9, '\\': 92, '"': 34, '[': 91, ']': 93, '-': 45}[escape];
	if (known === undefined) throw new Error(`unknown escape ${escape}`);
	return known;
}

function readCount(reader: Reader, item: Node): Node {
	const character = reader.text[reader.at];
	if (character === '*' || character === '+' || character === '?') {
		reader.at += 1;
		return {kind: 'repeat', item, min: character === '+' ? 1 : 0, max: character === '?' ? 1 : Infinity};
	}
	if (character !== '{') return item;
	const inside = /^\{(\d+)(,(\d*))?\}/.exec(reader.text.slice(reader.at, reader.at + 20).join(''))!;
	reader.at += inside[0].length;
	const min = Number(inside[1]);
	const max = inside[2] === undefined ? min : inside[3] === '' ? Infinity : Number(inside[3]);
	if (min > 2000 || (max !== Infinity && max > 2000))
		throw new Error(`llama.cpp takes no count above 2000: ${inside[0]}`);
	return {kind: 'repeat', item, min, max};
}

function expectAt(reader: Reader, character: string): void {
	if (reader.text[reader.at] !== character) throw new Error(`expected ${character}`);
	reader.at += 1;
}

/** All places where a node may end that begins at a place. */
class Matcher {
	readonly #rules: ReadonlyMap<string, Node>;
	readonly #codes: readonly number[];
	readonly #known = new Map<string, ReadonlySet<number>>();

	constructor(rules: ReadonlyMap<string, Node>, codes: readonly number[]) {
		this.#rules = rules;
		this.#codes = codes;
	}

	ends(node: Node, at: number): ReadonlySet<number> {
		switch (node.kind) {
			case 'set':
				return at < this.#codes.length && node.test(this.#codes[at]!) ? new Set([at + 1]) : new Set();
			case 'sequence':
				return node.items.reduce<ReadonlySet<number>>((places, item) => this.#from(item, places), new Set([at]));
			case 'choice':
				return new Set(node.items.flatMap(item => [...this.ends(item, at)]));
			case 'repeat':
				return this.#repeat(node.item, node.min, node.max, at);
			default: {
				const key = `${node.name} ${at}`;
				const body = this.#rules.get(node.name);
				if (!body) throw new Error(`undefined rule ${node.name}`);
				const known = this.#known.get(key) ?? this.ends(body, at);
				this.#known.set(key, known);
				return known;
			}
		}
	}

	#from(item: Node, places: ReadonlySet<number>): ReadonlySet<number> {
		const next = new Set<number>();
		for (const place of places) for (const end of this.ends(item, place)) next.add(end);
		return next;
	}

	#repeat(item: Node, min: number, max: number, at: number): ReadonlySet<number> {
		let places: ReadonlySet<number> = new Set([at]);
		const all = new Set<number>(min === 0 ? [at] : []);
		for (let count = 1; count <= max && places.size > 0; count += 1) {
			const next = this.#from(item, places);
			const fresh = count > min ? [...next].filter(place => !all.has(place)) : [...next];
			places = new Set(fresh);
			if (count >= min) for (const place of fresh) all.add(place);
		}
		return all;
	}
}

function sample(rules: ReadonlyMap<string, Node>, node: Node, random: () => number, depth: number): string {
	const again = (item: Node): string => sample(rules, item, random, depth + 1);
	const below = (count: number): number => Math.min(count - 1, Math.floor(random() * count));
	switch (node.kind) {
		case 'set': {
			const [low, high] = node.ranges[below(node.ranges.length)]!;
			return String.fromCodePoint(low + below(high - low + 1));
		}
		case 'sequence':
			return node.items.map(again).join('');
		case 'choice':
			// Deep down the last way is taken: the rules of JSON values end with those that hold nothing.
			return again(node.items[depth > 40 ? node.items.length - 1 : below(node.items.length)]!);
		case 'repeat': {
			const most = depth > 40 ? node.min : Math.min(node.max, node.min + 3);
			const count = node.min + below(most - node.min + 1);
			return Array.from({length: count}, () => again(node.item)).join('');
		}
		default:
			return again(rules.get(node.name)!);
	}
}
