import {choice, empty, repeat, sequence, set, text, type Expr, type Range} from './gbnf.ts';
import {rawCharacters} from './json-grammar.ts';

/**
 * Names, without quotes, that are none of the given ones: else `additionalProperties` would be a way around the schema
 * of a property. Free names use no escapes and are never empty.
 */
export function otherNames(names: readonly string[]): Expr {
	const characters = names.map(name => [...name]).filter(name => name.every(isRaw));
	return avoiding(characters, false);
}

function avoiding(names: ReadonlyArray<readonly string[]>, mayEnd: boolean): Expr {
	const first = [...new Set(names.flatMap(([character]) => character ?? []))];
	const followers = first.map(character => {
		const rest = names.filter(name => name[0] === character).map(name => name.slice(1));
		return sequence(
			text(character),
			avoiding(
				rest,
				rest.every(name => name.length > 0),
			),
		);
	});
	return choice(...(mayEnd ? [empty] : []), sequence(set(...without(first)), anyName), ...followers);
}

const anyName: Expr = repeat(set(...rawCharacters), 0);

const isRaw = (character: string): boolean => {
	const code = character.codePointAt(0) ?? 0;
	return rawCharacters.some(([low, high]) => code >= low && code <= high);
};

/** The raw characters without some. */
function without(characters: readonly string[]): Range[] {
	const codes = characters.map(character => character.codePointAt(0) ?? 0).toSorted((a, b) => a - b);
	return codes.reduce<Range[]>(
		(ranges, code) =>
			ranges.flatMap(([low, high]): Range[] => {
				if (code < low || code > high) return [[low, high]];
				const before: Range[] = code > low ? [[low, code - 1]] : [];
				return code < high ? before.concat([[code + 1, high]]) : before;
			}),
		[...rawCharacters],
	);
}
