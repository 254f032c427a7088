import {choice, empty, optional, repeat, sequence, text, type Expr} from './gbnf.ts';
import {colon, comma, enclosed} from './json-grammar.ts';
import {both} from './merge.ts';
import {otherNames} from './property-names.ts';
import {refuse} from './refusal.ts';
import type {ObjectPart, Schema} from './shape.ts';
import {patternExpr} from './strings.ts';

/** What parts of a schema need of the whole conversion. */
export interface Converter {
	/** The grammar of a schema inside of this one. */
	child(schema: Schema, path: string): Expr;
	/** A rule of its own, so that it may be used twice without being written twice. */
	define(hint: string, body: Expr): Expr;
}

/** An object with its properties in the order of the schema, the optional ones in any selection, others after them. */
export function objectExpr(converter: Converter, object: ObjectPart, path: string): Expr {
	const properties = propertiesOf(object);
	const extra = extraPair(converter, object, properties, path);
	const needed = properties.filter(property => property.required).length;
	checkCounts(object, properties.length, needed, path);
	const extraCount = object.maxProperties - properties.length;
	const more = extra && extraCount > 0 ? repeat(sequence(comma, extra), 0, extraCount) : empty;
	const alone = extra && extraCount > 0 ? sequence(extra, repeat(sequence(comma, extra), 0, extraCount - 1)) : choice();

	// From the last property to the first: what may follow when something stands before, and when nothing does.
	let rest = more;
	let first = alone;
	for (const property of properties.toReversed()) {
		const pair = pairExpr(JSON.stringify(property.name), converter.child(property.schema, property.path(path)));
		const following = converter.define('rest', rest);
		const withThis = sequence(pair, following);
		first = property.required ? withThis : choice(withThis, converter.define('first', first));
		rest = sequence(property.required ? sequence(comma, pair) : optional(sequence(comma, pair)), following);
	}
	const mayBeEmpty = needed === 0 && object.minProperties === 0;
	return choice(...(mayBeEmpty ? [text('{}')] : []), enclosed('{', first, '}'));
}

interface Property {
	readonly name: string;
	readonly schema: Schema;
	readonly required: boolean;
	readonly path: (object: string) => string;
}

function propertiesOf(object: ObjectPart): readonly Property[] {
	const names = new Set([...Object.keys(object.properties), ...object.required]);
	return [...names].map(name => {
		const listed = Object.hasOwn(object.properties, name);
		const matching = Object.entries(object.patternProperties).filter(([pattern]) =>
			new RegExp(pattern, 'u').test(name),
		);
		const byPattern = matching.map(([, schema]) => schema);
		const own = listed ? object.properties[name] : byPattern.length > 0 ? true : object.additionalProperties;
		return {
			name,
			schema: [own, ...byPattern].reduce(both),
			required: object.required.includes(name),
			path: parent => `${parent}/${listed ? `properties/${name}` : 'required'}`,
		};
	});
}

/** A property that the schema does not name. */
function extraPair(
	converter: Converter,
	object: ObjectPart,
	properties: readonly Property[],
	path: string,
): Expr | undefined {
	const [pattern, second] = Object.entries(object.patternProperties);
	const names = properties.map(property => property.name);
	if (second !== undefined) return refuse(`${path}/patternProperties`, 'one pattern');
	if (pattern !== undefined) {
		const [source, schema] = pattern;
		// Free names may not repeat a listed one; leaving them out altogether is within the schema as well.
		if (names.some(name => new RegExp(source, 'u').test(name))) return undefined;
		const name = sequence(text('"'), patternExpr(source, `${path}/patternProperties`), text('"'));
		return sequence(name, colon, converter.child(schema, `${path}/patternProperties`));
	}
	if (object.additionalProperties === false) return undefined;
	const value = converter.child(object.additionalProperties, `${path}/additionalProperties`);
	return sequence(text('"'), converter.define('other', otherNames(names)), text('"'), colon, value);
}

const pairExpr = (name: string, value: Expr): Expr => sequence(text(name), colon, value);

/** Counting beyond "one at least" would need a grammar for every count. */
function checkCounts(object: ObjectPart, named: number, needed: number, path: string): void {
	if (object.minProperties > Math.max(1, needed)) {
		refuse(`${path}/minProperties`, `at most ${Math.max(1, needed)}, the number of required properties`);
	}
	if (object.maxProperties < named) refuse(`${path}/maxProperties`, `at least ${named}, the number of properties`);
}
