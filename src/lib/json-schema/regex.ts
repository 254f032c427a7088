import type {Range} from './gbnf.ts';

/**
 * The part of JavaScript's regular expressions that a grammar can hold: characters, classes, groups, alternatives,
 * counts, and `^` and `$` at the ends. Look-around, back-references and word boundaries are refused.
 */
export type Regex =
	| {readonly kind: 'characters'; readonly ranges: readonly Range[]}
	| {readonly kind: 'sequence'; readonly items: readonly Regex[]}
	| {readonly kind: 'choice'; readonly items: readonly Regex[]}
	| {readonly kind: 'repeat'; readonly item: Regex; readonly min: number; readonly max: number};

/** One alternative at the top, and whether it is tied to the beginning and to the end of the text. */
export interface Alternative {
	readonly regex: Regex;
	readonly fromStart: boolean;
	readonly toEnd: boolean;
}

export class RegexError extends Error {
	override readonly name = 'RegexError';
}

/** Throws `RegexError` with what would have been understood. */
export function parseRegex(source: string): readonly Alternative[] {
	if (source.length > 2000) throw new RegexError('a pattern of at most 2000 characters');
	try {
		RegExp(source, 'u');
	} catch (error) {
		throw new RegexError('a regular expression', {cause: error});
	}
	return new Parser(source).parse();
}

/** In characters. */
export function regexLength(regex: Regex): {readonly min: number; readonly max: number} {
	switch (regex.kind) {
		case 'characters':
			return {min: 1, max: 1};
		case 'sequence': {
			const lengths = regex.items.map(regexLength);
			return {min: sum(lengths.map(({min}) => min)), max: sum(lengths.map(({max}) => max))};
		}
		case 'choice': {
			const lengths = regex.items.map(regexLength);
			return {min: Math.min(...lengths.map(({min}) => min)), max: Math.max(...lengths.map(({max}) => max))};
		}
		default: {
			const {min, max} = regexLength(regex.item);
			return {min: min * regex.min, max: max === 0 || regex.max === 0 ? 0 : max * regex.max};
		}
	}
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

const lastCode = 0x10ffff;
const digits: readonly Range[] = [[0x30, 0x39]];
const word: readonly Range[] = [...digits, [0x41, 0x5a], [0x5f, 0x5f], [0x61, 0x7a]];
const space: readonly Range[] = [
	[0x09, 0x0d],
	[0x20, 0x20],
	[0xa0, 0xa0],
	[0x1680, 0x1680],
	[0x2000, 0x200a],
	[0x2028, 0x2029],
	[0x202f, 0x202f],
	[0x205f, 0x205f],
	[0x3000, 0x3000],
	[0xfeff, 0xfeff],
];
const lineEnds: readonly Range[] = [
	[0x0a, 0x0a],
	[0x0d, 0x0d],
	[0x2028, 0x2029],
];
const classes: Readonly<Record<string, readonly Range[]>> = {
	d: digits,
	D: without(digits),
	w: word,
	W: without(word),
	s: space,
	S: without(space),
};
const controls: Readonly<Record<string, number>> = {t: 9, n: 10, v: 11, f: 12, r: 13, '0': 0};

/** All code points that are in none of the ranges. */
function without(ranges: readonly Range[]): Range[] {
	const rest: Range[] = [];
	let next = 0;
	for (const [low, high] of ranges.toSorted((a, b) => a[0] - b[0])) {
		if (low > next) rest.push([next, low - 1]);
		next = Math.max(next, high + 1);
	}
	if (next <= lastCode) rest.push([next, lastCode]);
	return rest;
}

/** Recursive descent; the source is known to be a valid expression with the `u` flag. */
class Parser {
	readonly #characters: readonly string[];
	#at = 0;
	#depth = 0;

	constructor(source: string) {
		this.#characters = [...source];
	}

	parse(): Alternative[] {
		const alternatives = [this.#alternative()];
		while (this.#take('|')) alternatives.push(this.#alternative());
		return alternatives;
	}

	#alternative(): Alternative {
		const fromStart = this.#take('^');
		const regex = this.#sequence();
		const toEnd = this.#take('$');
		if (this.#peek() !== undefined && this.#peek() !== '|')
			throw new RegexError('^ and $ at the ends of the pattern only');
		return {regex, fromStart, toEnd};
	}

	#choice(): Regex {
		const items = [this.#sequence()];
		while (this.#take('|')) items.push(this.#sequence());
		const [only] = items;
		return items.length === 1 && only ? only : {kind: 'choice', items};
	}

	#sequence(): Regex {
		const items: Regex[] = [];
		for (let next = this.#peek(); next !== undefined && !'|)$'.includes(next); next = this.#peek()) {
			items.push(this.#counted(this.#atom()));
		}
		const [only] = items;
		return items.length === 1 && only ? only : {kind: 'sequence', items};
	}

	#atom(): Regex {
		const character = this.#next();
		if (character === '(') return this.#group();
		if (character === '[') return {kind: 'characters', ranges: this.#class()};
		if (character === '.') return {kind: 'characters', ranges: without(lineEnds)};
		if (character === '\\') return {kind: 'characters', ranges: this.#escape()};
		if (character === '^') throw new RegexError('^ at the beginning of the pattern only');
		return {kind: 'characters', ranges: [only(character)]};
	}

	#group(): Regex {
		if (this.#take('?') && !this.#take(':')) {
			const named = this.#take('<') && !['=', '!'].includes(this.#peek() ?? '');
			if (!named) throw new RegexError('a pattern without look-around and modifiers');
			while (this.#next() !== '>');
		}
		this.#depth += 1;
		if (this.#depth > 50) throw new RegexError('groups nested at most 50 deep');
		const inner = this.#choice();
		this.#depth -= 1;
		if (!this.#take(')')) throw new RegexError('^ and $ at the ends of the pattern only');
		return inner;
	}

	#counted(item: Regex): Regex {
		const count = this.#count();
		if (count === undefined) return item;
		// Lazy or greedy, the texts that match are the same.
		this.#take('?');
		if (count.min > 2000 || (count.max !== Infinity && count.max > 2000))
			throw new RegexError('counts of at most 2000');
		return {kind: 'repeat', item, ...count};
	}

	#count(): {readonly min: number; readonly max: number} | undefined {
		if (this.#take('*')) return {min: 0, max: Infinity};
		if (this.#take('+')) return {min: 1, max: Infinity};
		if (this.#take('?')) return {min: 0, max: 1};
		if (!this.#take('{')) return undefined;
		let inside = '';
		for (let character = this.#next(); character !== '}'; character = this.#next()) inside += character;
		const [min = '', max] = inside.split(',');
		return {min: Number(min), max: max === undefined ? Number(min) : max === '' ? Infinity : Number(max)};
	}

	#class(): readonly Range[] {
		const negated = this.#take('^');
		const ranges: Range[] = [];
		while (!this.#take(']')) {
			const first = this.#classPart();
			const [low] = first[0] ?? [0, 0];
			const single = first.length === 1 && first[0]?.[0] === first[0]?.[1];
			const isRange = single && this.#peek() === '-' && this.#characters[this.#at + 1] !== ']';
			if (isRange) {
				this.#take('-');
				ranges.push([low, this.#classPart()[0]?.[1] ?? low]);
			} else ranges.push(...first);
		}
		return negated ? without(ranges) : ranges;
	}

	#classPart(): readonly Range[] {
		const character = this.#next();
		if (character !== '\\') return [only(character)];
		if (this.#take('b')) return [[8, 8]];
		if (this.#take('-')) return [only('-')];
		return this.#escape();
	}

	#escape(): readonly Range[] {
		const character = this.#next();
		const known = classes[character];
		if (known) return known;
		const control = controls[character];
		if (control !== undefined) return [[control, control]];
		if (character === 'x') return this.#code(2);
		if (character === 'u') return this.#unicode();
		if (/[A-Za-z0-9]/.test(character)) throw new RegexError(`a pattern without \\${character}`);
		return [only(character)];
	}

	#unicode(): readonly Range[] {
		if (!this.#take('{')) return this.#code(4);
		let inside = '';
		for (let character = this.#next(); character !== '}'; character = this.#next()) inside += character;
		const code = Number.parseInt(inside, 16);
		return [[code, code]];
	}

	#code(length: number): readonly Range[] {
		const code = Number.parseInt(this.#characters.slice(this.#at, this.#at + length).join(''), 16);
		this.#at += length;
		if (code >= 0xd800 && code <= 0xdfff) throw new RegexError('whole code points, as \\u{…}');
		return [[code, code]];
	}

	#peek(): string | undefined {
		return this.#characters[this.#at];
	}

	#next(): string {
		const character = this.#characters[this.#at];
		if (character === undefined) throw new RegexError('a regular expression');
		this.#at += 1;
		return character;
	}

	#take(character: string): boolean {
		if (this.#characters[this.#at] !== character) return false;
		this.#at += 1;
		return true;
	}
}

const only = (character: string): Range => [character.codePointAt(0) ?? 0, character.codePointAt(0) ?? 0];
