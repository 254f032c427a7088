import {choice, empty, repeat, sequence, set, text, type Expr, type Range} from './gbnf.ts';
import {parts, rawCharacters} from './json-grammar.ts';
import {regexLength, type Regex} from './regex.ts';

/** Texts that a regular expression matches, written inside of a JSON string. */
export function regexExpr(regex: Regex): Expr {
	switch (regex.kind) {
		case 'characters':
			return encoded(regex.ranges);
		case 'sequence':
			return sequence(...regex.items.map(regexExpr));
		case 'choice':
			return choice(...regex.items.map(regexExpr));
		default:
			return repeat(regexExpr(regex.item), regex.min, regex.max);
	}
}

/**
 * A regular expression and limits of length at once: exact where every match is within the limits anyway, or where it
 * is one repeated thing of one character. Otherwise undefined.
 */
export function limitLength(regex: Regex, min: number, max: number): Regex | undefined {
	const length = regexLength(regex);
	if (length.min >= min && length.max <= max) return regex;
	const single = regex.kind === 'sequence' && regex.items.length === 1 ? regex.items[0] : regex;
	if (single?.kind !== 'repeat' || single.item.kind !== 'characters') return undefined;
	return {...single, min: Math.max(single.min, min), max: Math.min(single.max, max)};
}

/** Anything, then a match, then anything, where the pattern is not tied to the ends. */
export const anyText: Expr = repeat(parts.character, 0);

/** Each character in its plain spelling: itself, or the one short escape it needs. */
export function encoded(ranges: readonly Range[]): Expr {
	const raw = ranges.flatMap(range => rawCharacters.flatMap(other => intersect(range, other)));
	const escaped = [...escapes].filter(([code]) => ranges.some(([low, high]) => code >= low && code <= high));
	const branches = [...(raw.length > 0 ? [set(...raw)] : []), ...escaped.map(([, spelling]) => text(spelling))];
	return branches.length === 0 ? choice() : choice(...branches);
}

/** A fixed text inside of a JSON string. */
export const encodedText = (value: string): Expr => (value === '' ? empty : text(JSON.stringify(value).slice(1, -1)));

const escapes: ReadonlyMap<number, string> = new Map(
	[...Array.from({length: 0x20}, (_, code) => code), 0x22, 0x5c, 0x7f].map(code => [
		code,
		code === 0x7f ? '\\u007f' : JSON.stringify(String.fromCharCode(code)).slice(1, -1),
	]),
);

function intersect([low, high]: Range, [otherLow, otherHigh]: Range): Range[] {
	const from = Math.max(low, otherLow);
	const to = Math.min(high, otherHigh);
	return from <= to ? [[from, to]] : [];
}
