import {arrayExpr, mostUnique, uniqueArrayExpr} from './arrays.ts';
import {areDisjoint} from './disjoint.ts';
import {choice, rule, RuleBook, text, toGbnf, type Expr} from './gbnf.ts';
import {boolean, jsonRules, nothing, parts} from './json-grammar.ts';
import {mergeShapes} from './merge.ts';
import {numberExpr} from './numbers.ts';
import {objectExpr, type Converter} from './objects.ts';
import {refuse} from './refusal.ts';
import {Resolver, type Located} from './resolve.ts';
import {allTypes, anything, isRecord, sameJson, type Choices, type Schema, type Shape, type TypeName} from './shape.ts';
import {stringExpr} from './strings.ts';
import {allowedValues} from './values.ts';

/**
 * A JSON Schema as GBNF. Every text the grammar allows is valid for the schema; it may allow less (one spelling of a
 * number, properties in the schema's order, bounded white space). A keyword that cannot be enforced is refused:
 * throws `invalid-request` with its path. The one keyword left to validation of the finished text is `uniqueItems`
 * of anything but a few listed values. `root` is where the schema stands in the request, for the path of a refusal.
 */
export function schemaToGrammar(schema: unknown, root = 'format.schema'): string {
	const size = JSON.stringify(schema)?.length ?? 0;
	if (size > maxSchema) refuse(root, `a schema of at most ${maxSchema} characters`);
	const conversion = new Conversion(new Resolver(schema, root), root);
	const start = conversion.convert({schema, path: root}, new Set());
	return toGbnf(conversion.book.rules, start) ?? refuse(root, 'a schema that some value fits');
}

const maxSchema = 256 * 1024;
const maxDepth = 100;
/** Parts of the grammar: what llama.cpp loads in a few tens of milliseconds. */
const maxParts = 100_000;
/** Combinations of `anyOf` that are written out. */
const maxBranches = 1000;

class Conversion {
	readonly book: RuleBook;
	readonly #resolver: Resolver;
	/** Rules by the text of their schema: one for each, and references back into one are possible. */
	readonly #names = new Map<string, string>();
	#branches = 0;
	#depth = 0;

	constructor(resolver: Resolver, root: string) {
		this.#resolver = resolver;
		this.book = new RuleBook(maxParts, () => refuse(root, 'a smaller schema, or smaller counts in it'));
		for (const [name, body] of jsonRules) this.book.define(name, body);
	}

	/** `open`: rules begun since the last bracket; one that leads to itself from there would never get on. */
	convert(located: Located, open: ReadonlySet<string>): Expr {
		const {schema, path} = located;
		if (schema === true || (isRecord(schema) && Object.keys(schema).length === 0)) return parts.value;
		const key = JSON.stringify(schema) ?? '';
		const known = this.#names.get(key);
		if (known !== undefined) {
			if (open.has(known)) refuse(`${path}/$ref`, 'a reference that does not lead straight back to itself');
			return rule(known);
		}
		const name = `schema-${this.#names.size}`;
		this.#names.set(key, name);
		this.#depth += 1;
		if (this.#depth > maxDepth) refuse(path, `schemas nested at most ${maxDepth} deep`);
		const inside = new Set([...open, name]);
		const target = this.#resolver.target(located);
		const body = target ? this.convert(target, inside) : this.#shape(this.#resolver.shape(located), path, inside);
		this.#depth -= 1;
		return this.book.define(name, body);
	}

	#shape(shape: Shape, path: string, open: ReadonlySet<string>): Expr {
		const [group, ...others] = shape.choices;
		if (group) return this.#choice({...shape, choices: others}, group, path, open);
		if (shape.values) {
			return choice(...allowedValues(shape, shape.values, path).map(value => text(JSON.stringify(value))));
		}
		if (sameShape(shape, anything)) return parts.value;
		const types = narrowed(shape);
		return choice(...[...types].map(type => this.#type(type, shape, types, path)));
	}

	#choice(rest: Shape, group: Choices, path: string, open: ReadonlySet<string>): Expr {
		this.#branches += group.schemas.length;
		if (this.#branches > maxBranches) refuse(group.path, `at most ${maxBranches} combinations`);
		const located = group.schemas.map((schema, index) => ({schema, path: `${group.path}/${index}`}));
		if (group.exactly) this.#checkExactly(rest, located, group.path);
		const plain = sameShape(rest, anything);
		return choice(
			...located.map(branch =>
				plain ? this.convert(branch, open) : this.#shape(mergeShapes(rest, this.#resolver.shape(branch)), path, open),
			),
		);
	}

	/** `oneOf` is `anyOf` where no value fits two of its schemas. */
	#checkExactly(rest: Shape, branches: readonly Located[], path: string): void {
		const shapes = branches.map(branch => mergeShapes(rest, this.#resolver.shape(branch)));
		const overlap = shapes.some((a, index) =>
			shapes.slice(index + 1).some(b => !areDisjoint(this.#resolver, a, b, path)),
		);
		if (overlap) refuse(path, 'anyOf, or schemas that no value fits two of');
	}

	#type(type: TypeName, shape: Shape, types: ReadonlySet<TypeName>, path: string): Expr {
		switch (type) {
			case 'null':
				return nothing;
			case 'boolean':
				return boolean;
			case 'string':
				return sameJson(shape.string, anything.string) ? parts.string : stringExpr(shape.string, path);
			case 'integer':
				return types.has('fraction') ? choice() : numberExpr(this.book, shape.number, true, path);
			case 'fraction':
				return numberExpr(this.book, shape.number, false, path);
			case 'array':
				return this.#array(shape, path);
			default:
				return sameJson(shape.object, anything.object) ? parts.object : objectExpr(this.#converter, shape.object, path);
		}
	}

	#array({array}: Shape, path: string): Expr {
		if (sameShape({...anything, array}, anything)) return parts.array;
		const values = array.uniqueItems && array.prefixItems.length === 0 ? this.#fewValues(array.items, path) : undefined;
		return values ? uniqueArrayExpr(this.#converter, values, array) : arrayExpr(this.#converter, array, path);
	}

	/** All values of a schema, where they are few. */
	#fewValues(schema: Schema, path: string): readonly unknown[] | undefined {
		const shape = this.#resolver.shape({schema, path: `${path}/items`});
		const listed = shape.values ?? [true, false, null];
		const scalars = [...shape.types].every(type => type === 'boolean' || type === 'null');
		if (shape.choices.length > 0 || (!shape.values && !scalars)) return undefined;
		const values = allowedValues(shape, listed, path).filter(
			(value, index, all) => all.findIndex(other => sameJson(other, value)) === index,
		);
		return values.length <= mostUnique ? values : undefined;
	}

	readonly #converter: Converter = {
		child: (schema, path) => this.convert({schema, path}, new Set()),
		define: (hint, body) => this.book.define(`${hint}-${this.book.rules.size}`, body),
	};
}

/** A schema that speaks of objects alone but names no type means objects, though it allows the rest as well. */
function narrowed(shape: Shape): ReadonlySet<TypeName> {
	if (allTypes.some(type => !shape.types.has(type))) return shape.types;
	const spoken = new Set<TypeName>([
		...(sameJson(shape.number, anything.number) ? [] : (['integer', 'fraction'] as const)),
		...(sameJson(shape.string, anything.string) ? [] : (['string'] as const)),
		...(sameArray(shape) ? [] : (['array'] as const)),
		...(sameJson(shape.object, anything.object) ? [] : (['object'] as const)),
	]);
	return spoken.size === 0 ? shape.types : spoken;
}

function sameShape(a: Shape, b: Shape): boolean {
	return (
		a.types.size === b.types.size &&
		a.values === b.values &&
		a.choices.length === b.choices.length &&
		(['number', 'string', 'array', 'object'] as const).every(part => sameJson(a[part], b[part]))
	);
}

const sameArray = (shape: Shape): boolean => sameJson(shape.array, anything.array);
