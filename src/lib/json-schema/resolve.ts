import {mergeShapes} from './merge.ts';
import {refuse} from './refusal.ts';
import {annotations, anything, isRecord, readShape, sameJson, type Schema, type Shape, type TypeName} from './shape.ts';

/** A schema and the place in the request that speaks of it. */
export interface Located {
	readonly schema: Schema;
	readonly path: string;
}

const nothingAtAll: Shape = {...anything, types: new Set()};

/** Follows references within one document and joins what must hold together. */
export class Resolver {
	readonly #root: Schema;
	readonly #path: string;

	constructor(root: Schema, path: string) {
		this.#root = root;
		this.#path = path;
	}

	/** Where a schema that is nothing but a reference leads; undefined for any other. */
	target({schema, path}: Located): Located | undefined {
		if (!isRecord(schema) || typeof schema['$ref'] !== 'string') return undefined;
		const alone = Object.keys(schema).every(key => key === '$ref' || annotations.has(key));
		return alone ? this.#follow(schema['$ref'], path) : undefined;
	}

	/** All that one schema asks for: its own keywords, those it refers to, and those of `allOf`. */
	shape({schema, path}: Located, seen: readonly string[] = []): Shape {
		if (schema === true) return anything;
		if (schema === false) return nothingAtAll;
		if (!isRecord(schema)) return refuse(path, 'a schema: an object, true or false');
		const {$ref, allOf, not, ...own} = schema;
		let shape = readShape(own, path);
		if (('unevaluatedProperties' in own || 'unevaluatedItems' in own) && ($ref !== undefined || allOf !== undefined)) {
			refuse(`${path}/unevaluatedProperties`, 'additionalProperties or items in its place');
		}
		if ($ref !== undefined) {
			if (typeof $ref !== 'string') return refuse(`${path}/$ref`, 'a string');
			if (seen.includes($ref)) return refuse(`${path}/$ref`, 'a reference that does not lead back to itself');
			shape = mergeShapes(this.shape(this.#follow($ref, path), [...seen, $ref]), shape);
		}
		if (allOf !== undefined) {
			if (!Array.isArray(allOf)) return refuse(`${path}/allOf`, 'a list of schemas');
			const parts = allOf.map((part, index) => this.shape({schema: part, path: `${path}/allOf/${index}`}, seen));
			shape = parts.reduce((joined, part) => mergeShapes(joined, part), shape);
		}
		return not === undefined ? shape : exclude(shape, not, `${path}/not`);
	}

	#follow(reference: string, path: string): Located {
		if (reference !== '#' && !reference.startsWith('#/')) {
			return refuse(`${path}/$ref`, 'a reference within the schema, such as #/$defs/name');
		}
		let target: unknown = this.#root;
		for (const part of decode(reference, path).split('/').slice(1)) {
			const name = part.replaceAll('~1', '/').replaceAll('~0', '~');
			const there = typeof target === 'object' && target !== null && Object.hasOwn(target, name);
			target = there ? Object.entries(target ?? {}).find(([key]) => key === name)?.[1] : undefined;
			if (target === undefined) return refuse(`${path}/$ref`, 'a reference to a schema that is there');
		}
		return {schema: target, path: `${this.#path}${reference.slice(1)}`};
	}
}

function decode(reference: string, path: string): string {
	try {
		return decodeURIComponent(reference.slice(1));
	} catch {
		return refuse(`${path}/$ref`, 'a reference with valid escapes');
	}
}

/** `not` where it names types or values; anything else would need the complement of a grammar. */
function exclude(shape: Shape, not: Schema, path: string): Shape {
	if (not === false) return shape;
	if (!isRecord(not)) return refuse(path, 'types or values to leave out');
	const keywords = Object.keys(not).filter(key => !annotations.has(key));
	const [keyword, second] = keywords;
	if (second !== undefined) return refuse(path, 'types or values to leave out');
	const named = readShape(not, path);
	if (keyword === 'type' && not['type'] !== 'integer') {
		return {...shape, types: new Set<TypeName>([...shape.types].filter(type => !named.types.has(type)))};
	}
	const {values} = shape;
	if ((keyword === 'enum' || keyword === 'const') && values) {
		return {...shape, values: values.filter(value => !named.values?.some(other => sameJson(value, other)))};
	}
	return refuse(path, 'types to leave out, or values where an enum lists all others');
}
