import {numberFormats} from './formats.ts';
import {refuse} from './refusal.ts';

/** A schema read once: its keywords by the type they speak of. What cannot be enforced is refused here, by name. */
export interface Shape {
	readonly types: ReadonlySet<TypeName>;
	/** From `enum` and `const`. */
	readonly values?: readonly unknown[];
	readonly number: NumberPart;
	readonly string: StringPart;
	readonly array: ArrayPart;
	readonly object: ObjectPart;
	/** `anyOf` and `oneOf`: one of each group holds. */
	readonly choices: readonly Choices[];
}

/** `fraction` stands for the numbers that are not whole, so that `number` is both and `integer` is one of them. */
export type TypeName = 'null' | 'boolean' | 'object' | 'array' | 'string' | 'integer' | 'fraction';

/** As it came, or put together while merging. */
export type Schema = unknown;

export interface NumberPart {
	readonly minimum?: number;
	readonly maximum?: number;
	readonly exclusiveMinimum?: number;
	readonly exclusiveMaximum?: number;
	readonly multiplesOf: readonly number[];
}

export interface StringPart {
	readonly minLength?: number;
	readonly maxLength?: number;
	readonly patterns: readonly string[];
	readonly formats: readonly string[];
}

export interface ArrayPart {
	readonly prefixItems: readonly Schema[];
	readonly items: Schema;
	readonly minItems: number;
	readonly maxItems: number;
	readonly uniqueItems: boolean;
}

export interface ObjectPart {
	readonly properties: Readonly<Record<string, Schema>>;
	readonly required: readonly string[];
	readonly additionalProperties: Schema;
	readonly patternProperties: Readonly<Record<string, Schema>>;
	readonly minProperties: number;
	readonly maxProperties: number;
}

export interface Choices {
	readonly schemas: readonly Schema[];
	/** `oneOf`: the others must not hold. */
	readonly exactly: boolean;
	readonly path: string;
}

export const allTypes: readonly TypeName[] = ['null', 'boolean', 'object', 'array', 'string', 'integer', 'fraction'];

/** What `true` and `{}` allow. */
export const anything: Shape = {
	types: new Set(allTypes),
	number: {multiplesOf: []},
	string: {patterns: [], formats: []},
	array: {prefixItems: [], items: true, minItems: 0, maxItems: Infinity, uniqueItems: false},
	object: {
		properties: {},
		required: [],
		additionalProperties: true,
		patternProperties: {},
		minProperties: 0,
		maxProperties: Infinity,
	},
	choices: [],
};

/** Say nothing about a value. `$defs` and `definitions` are where references lead. */
export const annotations: ReadonlySet<string> = words(
	'title description default examples example $comment deprecated readOnly writeOnly $schema $id id $defs definitions ' +
		'$vocabulary contentEncoding contentMediaType discriminator externalDocs xml markdownDescription ' +
		'propertyOrdering strict',
);

/** Keywords of one schema without `$ref`, `allOf` and `not`, which the caller has taken out. */
export function readShape(schema: Readonly<Record<string, unknown>>, path: string): Shape {
	const read = new Reader(schema, path);
	refuseUnknown(schema, path);
	return {
		types: read.types(),
		...read.values(),
		number: {
			...read.number('minimum'),
			...read.number('maximum'),
			...read.number('exclusiveMinimum'),
			...read.number('exclusiveMaximum'),
			multiplesOf: read.multiplesOf(),
			...read.numberFormat(),
		},
		string: {
			...read.count('minLength'),
			...read.count('maxLength'),
			patterns: read.patterns(read.texts('pattern'), 'pattern'),
			formats: read.isNumberFormat() ? [] : read.texts('format'),
		},
		array: {
			prefixItems: read.schemas('prefixItems'),
			items: read.items(),
			minItems: read.count('minItems').minItems ?? 0,
			maxItems: read.count('maxItems').maxItems ?? Infinity,
			uniqueItems: read.flag('uniqueItems'),
		},
		object: {
			properties: read.record('properties'),
			required: read.names('required'),
			additionalProperties: schema['additionalProperties'] ?? read.closed('unevaluatedProperties'),
			patternProperties: read.patternProperties(),
			minProperties: read.count('minProperties').minProperties ?? 0,
			maxProperties: read.count('maxProperties').maxProperties ?? Infinity,
		},
		choices: [
			...('anyOf' in schema ? [{schemas: read.schemas('anyOf'), exactly: false, path: `${path}/anyOf`}] : []),
			...('oneOf' in schema ? [{schemas: read.schemas('oneOf'), exactly: true, path: `${path}/oneOf`}] : []),
		],
	};
}

const enforced: ReadonlySet<string> = words(
	'type nullable enum const minimum maximum exclusiveMinimum exclusiveMaximum multipleOf minLength maxLength pattern ' +
		'format prefixItems items minItems maxItems uniqueItems properties required additionalProperties ' +
		'patternProperties minProperties maxProperties anyOf oneOf unevaluatedProperties unevaluatedItems',
);

/** Keywords that say something no grammar of reasonable size can hold, and what may stand in their place. */
const refused: ReadonlyMap<string, string> = new Map([
	...['if', 'then', 'else'].map(keyword => [keyword, 'anyOf in place of if, then and else'] as const),
	...['dependentRequired', 'dependentSchemas'].map(
		keyword => [keyword, 'anyOf of properties that go together'] as const,
	),
	['contains', 'no contains'],
	['propertyNames', 'patternProperties with one pattern'],
	['$dynamicRef', 'a $ref that begins with #/'],
]);

function words(text: string): ReadonlySet<string> {
	return new Set(text.split(' '));
}

function refuseUnknown(schema: Readonly<Record<string, unknown>>, path: string): void {
	for (const keyword of Object.keys(schema)) {
		if (enforced.has(keyword) || annotations.has(keyword) || keyword.startsWith('x-')) continue;
		refuse(`${path}/${keyword}`, refused.get(keyword) ?? 'a keyword of JSON Schema that can be enforced');
	}
}

export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
	typeof value === 'object' && value !== null && !Array.isArray(value);

const typeNames: Readonly<Record<string, readonly TypeName[]>> = {
	null: ['null'],
	boolean: ['boolean'],
	object: ['object'],
	array: ['array'],
	string: ['string'],
	integer: ['integer'],
	number: ['integer', 'fraction'],
};

/** Reads keywords with the type each must have. */
class Reader {
	readonly #schema: Readonly<Record<string, unknown>>;
	readonly #path: string;

	constructor(schema: Readonly<Record<string, unknown>>, path: string) {
		this.#schema = schema;
		this.#path = path;
	}

	types(): ReadonlySet<TypeName> {
		const {type, nullable} = this.#schema;
		if (type === undefined) return anything.types;
		const names = (Array.isArray(type) ? type : [type]).flatMap(name => {
			const known = typeof name === 'string' && Object.hasOwn(typeNames, name) ? typeNames[name] : undefined;
			return known ?? this.#refuse('type', `one of ${Object.keys(typeNames).join(', ')}`);
		});
		return new Set(nullable === true ? [...names, 'null'] : names);
	}

	values(): {readonly values?: readonly unknown[]} {
		const {enum: listed} = this.#schema;
		if (listed !== undefined && !Array.isArray(listed)) this.#refuse('enum', 'a list of values');
		const constant = 'const' in this.#schema ? [this.#schema['const']] : undefined;
		if (!Array.isArray(listed)) return constant ? {values: constant} : {};
		const values: unknown[] = listed;
		return {values: constant ? values.filter(value => sameJson(value, constant[0])) : values};
	}

	number<K extends string>(keyword: K): {readonly [P in K]?: number} {
		const value = this.#schema[keyword];
		if (value === undefined) return {};
		if (typeof value !== 'number' || !Number.isFinite(value)) this.#refuse(keyword, 'a number');
		return {[keyword]: value} as {readonly [P in K]: number};
	}

	count<K extends string>(keyword: K): {readonly [P in K]?: number} {
		const value = this.#schema[keyword];
		if (value !== undefined && (!Number.isSafeInteger(value) || Number(value) < 0)) {
			this.#refuse(keyword, 'a whole number from 0');
		}
		return this.number(keyword);
	}

	multiplesOf(): readonly number[] {
		const value = this.number('multipleOf').multipleOf;
		if (value !== undefined && value <= 0) this.#refuse('multipleOf', 'a number above 0');
		return value === undefined ? [] : [value];
	}

	isNumberFormat(): boolean {
		const {format} = this.#schema;
		return typeof format === 'string' && Object.hasOwn(numberFormats, format);
	}

	/** `int32` and its like narrow the limits that stand beside them. */
	numberFormat(): {readonly minimum?: number; readonly maximum?: number} {
		const limits = this.isNumberFormat() ? numberFormats[String(this.#schema['format'])] : undefined;
		if (!limits) return {};
		const {minimum} = this.number('minimum');
		const {maximum} = this.number('maximum');
		return {
			...(limits.minimum !== undefined && {minimum: Math.max(limits.minimum, minimum ?? -Infinity)}),
			...(limits.maximum !== undefined && {maximum: Math.min(limits.maximum, maximum ?? Infinity)}),
		};
	}

	texts(keyword: string): readonly string[] {
		const value = this.#schema[keyword];
		if (value === undefined) return [];
		return typeof value === 'string' ? [value] : this.#refuse(keyword, 'a string');
	}

	/** Unicode regular expressions, as the validator reads them. */
	patterns(sources: readonly string[], keyword: string): readonly string[] {
		for (const source of sources) {
			try {
				RegExp(source, 'u');
			} catch {
				this.#refuse(keyword, 'a regular expression');
			}
		}
		return sources;
	}

	patternProperties(): Readonly<Record<string, Schema>> {
		const schemas = this.record('patternProperties');
		this.patterns(Object.keys(schemas), 'patternProperties');
		return schemas;
	}

	names(keyword: string): readonly string[] {
		const value = this.#schema[keyword] ?? [];
		if (!Array.isArray(value)) return this.#refuse(keyword, 'a list of names');
		return value.map(name => (typeof name === 'string' ? name : this.#refuse(keyword, 'a list of names')));
	}

	flag(keyword: string): boolean {
		const value = this.#schema[keyword] ?? false;
		return typeof value === 'boolean' ? value : this.#refuse(keyword, 'true or false');
	}

	schemas(keyword: string): readonly Schema[] {
		const value = this.#schema[keyword] ?? [];
		return Array.isArray(value) ? value : this.#refuse(keyword, 'a list of schemas');
	}

	record(keyword: string): Readonly<Record<string, Schema>> {
		const value = this.#schema[keyword] ?? {};
		return isRecord(value) ? value : this.#refuse(keyword, 'schemas by name');
	}

	items(): Schema {
		const {items} = this.#schema;
		if (Array.isArray(items)) return this.#refuse('items', 'prefixItems for a list of schemas');
		return items ?? this.closed('unevaluatedItems');
	}

	/** The same as its `additional` sibling where no other schema takes part; elsewhere refused. */
	closed(keyword: string): Schema {
		const value = this.#schema[keyword] ?? true;
		const alone = !['$ref', 'allOf', 'anyOf', 'oneOf'].some(other => other in this.#schema);
		return value === true || alone ? value : this.#refuse(keyword, 'additionalProperties or items in its place');
	}

	#refuse(keyword: string, expected: string): never {
		return refuse(`${this.#path}/${keyword}`, expected);
	}
}

/** Equal as JSON values: the order of properties does not count. */
export function sameJson(a: unknown, b: unknown): boolean {
	if (Array.isArray(a) && Array.isArray(b)) {
		return a.length === b.length && a.every((item, index) => sameJson(item, b[index]));
	}
	if (!isRecord(a) || !isRecord(b)) return a === b;
	const keys = Object.keys(a);
	return keys.length === Object.keys(b).length && keys.every(key => Object.hasOwn(b, key) && sameJson(a[key], b[key]));
}
