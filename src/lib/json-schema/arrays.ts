import {choice, empty, optional, repeat, sequence, text, type Expr} from './gbnf.ts';
import {comma, enclosed} from './json-grammar.ts';
import type {Converter} from './objects.ts';
import type {ArrayPart} from './shape.ts';

/** An array: its first items by their own schemas, all later ones by `items`. */
export function arrayExpr(converter: Converter, array: ArrayPart, path: string): Expr {
	const {prefixItems, items, minItems} = array;
	const most = items === false ? Math.min(array.maxItems, prefixItems.length) : array.maxItems;
	if (most < minItems) return choice();
	const itemAt = (index: number): Expr =>
		index < prefixItems.length
			? converter.child(prefixItems[index], `${path}/prefixItems/${index}`)
			: converter.child(items, `${path}/items`);

	// From the last to the second: what may follow when so many items stand before.
	const start = Math.min(Math.max(prefixItems.length, 1), most);
	let rest = most > start ? repeat(sequence(comma, itemAt(start)), Math.max(0, minItems - start), most - start) : empty;
	for (let index = start - 1; index >= 1; index -= 1) {
		const next = sequence(comma, itemAt(index), rest);
		rest = index < minItems ? next : optional(next);
	}
	const some = most === 0 ? choice() : enclosed('[', sequence(itemAt(0), rest), ']');
	return choice(...(minItems === 0 ? [text('[]')] : []), some);
}

/** Values that `uniqueItems` is counted out for: each selection of them is a rule. */
export const mostUnique = 8;

/** An array of different values out of a few, in any order. */
export function uniqueArrayExpr(converter: Converter, values: readonly unknown[], array: ArrayPart): Expr {
	const {minItems, maxItems} = array;
	const known = new Map<number, Expr>();
	const literals = values.map(value => text(JSON.stringify(value)));

	const after = (used: number, count: number): Expr => {
		const seen = known.get(used);
		if (seen) return seen;
		const next = literals.flatMap((literal, index) =>
			(used & (1 << index)) !== 0 || count >= maxItems
				? []
				: [sequence(...(count > 0 ? [comma] : []), literal, after(used | (1 << index), count + 1))],
		);
		const made = converter.define('unique', choice(...(count >= Math.max(1, minItems) ? [empty] : []), ...next));
		known.set(used, made);
		return made;
	};
	return choice(...(minItems === 0 ? [text('[]')] : []), enclosed('[', after(0, 0), ']'));
}
