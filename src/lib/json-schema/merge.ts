import {
	sameJson,
	type ArrayPart,
	type NumberPart,
	type ObjectPart,
	type Schema,
	type Shape,
	type StringPart,
} from './shape.ts';

/** The values that both shapes allow. */
export function mergeShapes(a: Shape, b: Shape): Shape {
	const values =
		a.values && b.values
			? a.values.filter(value => b.values?.some(other => sameJson(value, other)))
			: (a.values ?? b.values);
	return {
		types: new Set([...a.types].filter(type => b.types.has(type))),
		...(values && {values}),
		number: mergeNumbers(a.number, b.number),
		string: mergeStrings(a.string, b.string),
		array: mergeArrays(a.array, b.array),
		object: mergeObjects(a.object, b.object),
		choices: [...a.choices, ...b.choices],
	};
}

function mergeNumbers(a: NumberPart, b: NumberPart): NumberPart {
	return {
		...bound('minimum', a.minimum, b.minimum, Math.max),
		...bound('maximum', a.maximum, b.maximum, Math.min),
		...bound('exclusiveMinimum', a.exclusiveMinimum, b.exclusiveMinimum, Math.max),
		...bound('exclusiveMaximum', a.exclusiveMaximum, b.exclusiveMaximum, Math.min),
		multiplesOf: [...new Set([...a.multiplesOf, ...b.multiplesOf])],
	};
}

function mergeStrings(a: StringPart, b: StringPart): StringPart {
	return {
		...bound('minLength', a.minLength, b.minLength, Math.max),
		...bound('maxLength', a.maxLength, b.maxLength, Math.min),
		patterns: [...new Set([...a.patterns, ...b.patterns])],
		formats: [...new Set([...a.formats, ...b.formats])],
	};
}

function bound<K extends string>(
	name: K,
	a: number | undefined,
	b: number | undefined,
	narrower: (a: number, b: number) => number,
): {readonly [P in K]?: number} {
	const value = a === undefined || b === undefined ? (a ?? b) : narrower(a, b);
	return (value === undefined ? {} : {[name]: value}) as {readonly [P in K]?: number};
}

function mergeArrays(a: ArrayPart, b: ArrayPart): ArrayPart {
	const length = Math.max(a.prefixItems.length, b.prefixItems.length);
	const itemAt = (part: ArrayPart, index: number): Schema => part.prefixItems[index] ?? part.items;
	return {
		prefixItems: Array.from({length}, (_, index) => both(itemAt(a, index), itemAt(b, index))),
		items: both(a.items, b.items),
		minItems: Math.max(a.minItems, b.minItems),
		maxItems: Math.min(a.maxItems, b.maxItems),
		uniqueItems: a.uniqueItems || b.uniqueItems,
	};
}

/** A name that one side does not list is ruled by that side's `additionalProperties`. */
function mergeObjects(a: ObjectPart, b: ObjectPart): ObjectPart {
	const names = [...new Set([...Object.keys(a.properties), ...Object.keys(b.properties)])];
	const ofName = (part: ObjectPart, name: string): Schema => {
		if (Object.hasOwn(part.properties, name)) return part.properties[name];
		const byPattern = Object.entries(part.patternProperties).filter(([pattern]) => new RegExp(pattern, 'u').test(name));
		if (byPattern.length === 0) return part.additionalProperties;
		return byPattern.map(([, schema]) => schema).reduce(both);
	};
	return {
		properties: Object.fromEntries(names.map(name => [name, both(ofName(a, name), ofName(b, name))])),
		required: [...new Set([...a.required, ...b.required])],
		additionalProperties: both(a.additionalProperties, b.additionalProperties),
		// Two sides with patterns, or one beside a closed other, are more than one pattern: refused where it is written.
		patternProperties: mergePatterns(a, b),
		minProperties: Math.max(a.minProperties, b.minProperties),
		maxProperties: Math.min(a.maxProperties, b.maxProperties),
	};
}

function mergePatterns(a: ObjectPart, b: ObjectPart): Readonly<Record<string, Schema>> {
	const patterns = new Set([...Object.keys(a.patternProperties), ...Object.keys(b.patternProperties)]);
	return Object.fromEntries(
		[...patterns].map(pattern => [
			pattern,
			both(
				a.patternProperties[pattern] ?? a.additionalProperties,
				b.patternProperties[pattern] ?? b.additionalProperties,
			),
		]),
	);
}

export function both(a: Schema, b: Schema): Schema {
	if (a === true || sameJson(a, b)) return b;
	if (b === true) return a;
	return a === false || b === false ? false : {allOf: [a, b]};
}
