import {stringFormats} from './formats.ts';
import {refuse} from './refusal.ts';
import {anything, isRecord, sameJson, type Shape, type TypeName} from './shape.ts';

/** The listed values that keep to everything else the shape says. */
export function allowedValues(shape: Shape, values: readonly unknown[], path: string): readonly unknown[] {
	return values.filter(value => {
		const type = typeOf(value);
		if (type === undefined || !shape.types.has(type)) return false;
		if (typeof value === 'number') return numberFits(shape, value);
		if (typeof value === 'string') return stringFits(shape, value);
		const plain = type === 'array' ? sameJson(shape.array, anything.array) : sameJson(shape.object, anything.object);
		if ((type === 'array' || type === 'object') && !plain) {
			refuse(`${path}/enum`, 'no other keywords beside values that are arrays or objects');
		}
		return true;
	});
}

export function typeOf(value: unknown): TypeName | undefined {
	if (value === null) return 'null';
	if (typeof value === 'boolean') return 'boolean';
	if (typeof value === 'string') return 'string';
	if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'fraction';
	if (Array.isArray(value)) return 'array';
	return isRecord(value) ? 'object' : undefined;
}

function numberFits({number}: Shape, value: number): boolean {
	return (
		value >= (number.minimum ?? -Infinity) &&
		value <= (number.maximum ?? Infinity) &&
		value > (number.exclusiveMinimum ?? -Infinity) &&
		value < (number.exclusiveMaximum ?? Infinity) &&
		number.multiplesOf.every(multiple => Math.abs(Math.round(value / multiple) - value / multiple) < 1e-9)
	);
}

function stringFits({string}: Shape, value: string): boolean {
	const length = [...value].length;
	return (
		length >= (string.minLength ?? 0) &&
		length <= (string.maxLength ?? Infinity) &&
		[...string.patterns, ...string.formats.map(format => stringFormats[format] ?? '')].every(source =>
			new RegExp(source, 'u').test(value),
		)
	);
}
