import {choice, empty, oneOf, optional, repeat, rule, sequence, set, text, type Expr, type Range} from './gbnf.ts';

/** The parts of JSON that every schema is made of. */

/** Characters that stand for themselves in a JSON string. DEL is left out with the control characters. */
export const rawCharacters: readonly Range[] = [
	[0x20, 0x21],
	[0x23, 0x5b],
	[0x5d, 0x7e],
	[0x80, 0xd7ff],
	[0xe000, 0x10ffff],
];

export const digit: Expr = set([0x30, 0x39]);
const firstDigit: Expr = set([0x31, 0x39]);
const hexDigit: Expr = set([0x30, 0x39], [0x41, 0x46], [0x61, 0x66]);

/** Lone halves of a surrogate pair are no characters, so their escapes are left out. */
const unicodeEscape: Expr = sequence(
	text('u'),
	choice(
		sequence(set([0x30, 0x39], [0x41, 0x43], [0x45, 0x46], [0x61, 0x63], [0x65, 0x66]), repeat(hexDigit, 3, 3)),
		sequence(oneOf('dD'), set([0x30, 0x37]), repeat(hexDigit, 2, 2)),
	),
);

/** At most one break with its indentation: a model that loves white space must get on. */
const space: Expr = choice(empty, text(' '), sequence(text('\n'), repeat(oneOf(' \t'), 0, 20)));

const magnitude: Expr = choice(text('0'), sequence(firstDigit, repeat(digit, 0, 14)));

type Part = 'space' | 'character' | 'string' | 'integer' | 'number' | 'value' | 'object' | 'array';

export const parts: Readonly<Record<Part, Expr>> = {
	space: rule('space'),
	character: rule('character'),
	string: rule('string'),
	integer: rule('integer'),
	number: rule('number'),
	value: rule('value'),
	object: rule('object'),
	array: rule('array'),
};

export const colon: Expr = sequence(text(':'), optional(text(' ')));
export const comma: Expr = sequence(text(','), parts.space);

export const boolean: Expr = choice(text('true'), text('false'));
export const nothing: Expr = text('null');

/** `open` item, item, … `close`; at least one item. */
export const enclosed = (open: string, items: Expr, close: string): Expr =>
	sequence(text(open), parts.space, items, parts.space, text(close));

export const list = (item: Expr): Expr => sequence(item, repeat(sequence(comma, item), 0));

/** Every rule that `parts` names; those not reached from the root are not written. */
export const jsonRules: ReadonlyMap<string, Expr> = new Map<string, Expr>([
	['space', space],
	['character', choice(set(...rawCharacters), sequence(text('\\'), choice(oneOf('"\\/bfnrt'), unicodeEscape)))],
	['string', sequence(text('"'), repeat(parts.character, 0), text('"'))],
	['integer', choice(text('0'), sequence(optional(text('-')), firstDigit, repeat(digit, 0, 14)))],
	[
		'number',
		sequence(
			optional(text('-')),
			magnitude,
			optional(sequence(text('.'), repeat(digit, 1, 15))),
			optional(sequence(oneOf('eE'), optional(oneOf('+-')), repeat(digit, 1, 2))),
		),
	],
	['value', choice(parts.object, parts.array, parts.string, parts.number, boolean, nothing)],
	['object', choice(text('{}'), enclosed('{', list(sequence(parts.string, colon, parts.value)), '}'))],
	['array', choice(text('[]'), enclosed('[', list(parts.value), ']'))],
]);
