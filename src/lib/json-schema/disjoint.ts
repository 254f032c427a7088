import type {Resolver} from './resolve.ts';
import {sameJson, type NumberPart, type Schema, type Shape, type TypeName} from './shape.ts';
import {typeOf} from './values.ts';

const maxDepth = 4;

/** True where surely no value fits both; false where that is not plain to see. */
export function areDisjoint(resolver: Resolver, a: Shape, b: Shape, path: string, depth = 0): boolean {
	const again = (x: Shape, y: Shape): boolean => areDisjoint(resolver, x, y, path, depth + 1);
	const shapeOf = (schema: Schema): Shape => resolver.shape({schema, path});
	if (depth > maxDepth) return false;
	if (a.values && b.values) return !a.values.some(value => b.values?.some(other => sameJson(value, other)));
	const common = [...typesOf(a)].filter(type => typesOf(b).has(type));
	if (common.every(type => partsDiffer(type))) return true;
	const byChoice = (x: Shape, y: Shape): boolean =>
		x.choices.some(({schemas}) => schemas.every(schema => again(shapeOf(schema), y)));
	return byChoice(a, b) || byChoice(b, a);

	function partsDiffer(type: string): boolean {
		if (type === 'integer' || type === 'fraction') return apart(a.number, b.number) || apart(b.number, a.number);
		if (type === 'object') return objectsDiffer();
		if (type === 'array') return a.array.minItems > b.array.maxItems || b.array.minItems > a.array.maxItems;
		if (type !== 'string') return false;
		const shorter = (x: Shape, y: Shape): boolean => (x.string.maxLength ?? Infinity) < (y.string.minLength ?? 0);
		return shorter(a, b) || shorter(b, a);
	}

	function objectsDiffer(): boolean {
		const lacks = (x: Shape, y: Shape): boolean =>
			x.object.required.some(
				name =>
					!Object.hasOwn(y.object.properties, name) &&
					y.object.additionalProperties === false &&
					Object.keys(y.object.patternProperties).length === 0,
			);
		const clash = a.object.required.some(name => {
			const [x, y] = [a.object.properties[name], b.object.properties[name]];
			const shared = b.object.required.includes(name) && x !== undefined && y !== undefined;
			return shared && again(shapeOf(x), shapeOf(y));
		});
		return clash || lacks(a, b) || lacks(b, a);
	}
}

/** Of listed values only their own types. */
function typesOf({types, values}: Shape): ReadonlySet<TypeName> {
	return values ? new Set(values.flatMap(value => typeOf(value) ?? []).filter(type => types.has(type))) : types;
}

/** All of `a` lies below all of `b`. */
function apart(a: NumberPart, b: NumberPart): boolean {
	const top = Math.min(a.maximum ?? Infinity, a.exclusiveMaximum ?? Infinity);
	const bottom = Math.max(b.minimum ?? -Infinity, b.exclusiveMinimum ?? -Infinity);
	const open = a.exclusiveMaximum === top || b.exclusiveMinimum === bottom;
	return top < bottom || (top === bottom && open && Number.isFinite(top));
}
