import * as fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {MofaError} from '../../../../src/contract/error.ts';
import {anyJsonGrammar} from '../../../../src/lib/json-schema/any-json.ts';
import {schemaToGrammar} from '../../../../src/lib/json-schema/to-grammar.ts';
import {compileValidator} from '../../../../src/lib/json-schema/validate.ts';
import {readGbnf} from '../../../helpers/gbnf.ts';
import {schemaCases} from './cases.ts';

describe.each(schemaCases)('the grammar of $name', ({schema, good, bad}) => {
	const grammar = readGbnf(schemaToGrammar(schema));
	const validate = compileValidator(schema);

	test('allows and forbids', () => {
		for (const text of good) expect([text, grammar.matches(text)]).toEqual([text, true]);
		for (const text of bad) expect([text, grammar.matches(text)]).toEqual([text, false]);
	});

	test('allows nothing that the validator refuses', () => {
		fc.assert(
			fc.property(fc.infiniteStream(fc.double({min: 0, max: 1, noNaN: true})), stream => {
				const text = grammar.sample(() => stream.next().value);
				expect([text, validate(JSON.parse(text))]).toEqual([text, undefined]);
				expect([text, grammar.matches(text)]).toEqual([text, true]);
			}),
			{numRuns: 25},
		);
	});
});

describe('a schema that cannot be enforced is refused by the path of its keyword', () => {
	test.each<[string, unknown, string]>([
		['if', {type: 'object', if: {}}, '/if'],
		['not of a schema', {type: 'string', not: {minLength: 3}}, '/not'],
		['contains', {type: 'array', contains: {}}, '/contains'],
		['dependentRequired', {dependentRequired: {a: ['b']}}, '/dependentRequired'],
		['propertyNames', {type: 'object', propertyNames: {}}, '/propertyNames'],
		['an unknown keyword', {type: 'string', maxLenght: 3}, '/maxLenght'],
		['an unknown format', {properties: {a: {type: 'string', format: 'postcode'}}}, '/properties/a/format'],
		['an unknown type', {type: 'strin'}, '/type'],
		['look-ahead', {type: 'string', pattern: '^(?=a)b$'}, '/pattern'],
		['a back-reference', {type: 'string', pattern: '^(a)\\1$'}, '/pattern'],
		['a word boundary', {type: 'string', pattern: '\\bcat\\b'}, '/pattern'],
		['no regular expression', {type: 'string', pattern: '('}, '/pattern'],
		['two patterns', {allOf: [{type: 'string', pattern: 'a'}, {pattern: 'b'}]}, '/pattern'],
		['a pattern of another length', {type: 'string', pattern: '^(ab|c)+$', maxLength: 3}, '/pattern'],
		['a remote reference', {$ref: 'https://example.com/schema'}, '/$ref'],
		['a reference to nowhere', {$ref: '#/$defs/none'}, '/$ref'],
		['a reference to itself', {$ref: '#'}, '/$ref'],
		[
			'a circle of references',
			{$defs: {a: {anyOf: [{$ref: '#/$defs/a'}, {type: 'null'}]}}, $ref: '#/$defs/a'},
			'/$defs/a/$ref',
		],
		[
			'a circle through allOf',
			{$defs: {a: {allOf: [{$ref: '#/$defs/a'}]}}, $ref: '#/$defs/a'},
			'/$defs/a/allOf/0/$ref',
		],
		['oneOf that overlaps', {oneOf: [{type: 'integer'}, {type: 'number'}]}, '/oneOf'],
		['items as a list', {type: 'array', items: [{type: 'string'}]}, '/items'],
		['patterns for names', {patternProperties: {a: {}, b: {}}}, '/patternProperties'],
		['many needed properties', {type: 'object', minProperties: 3}, '/minProperties'],
		['a large multiple', {type: 'integer', multipleOf: 1001}, '/multipleOf'],
		['a huge count', {type: 'array', items: {}, minItems: 1_000_000_000}, ''],
		['a negative count', {type: 'string', minLength: -1}, '/minLength'],
		['limits without a number', {type: 'integer', minimum: 3, maximum: 2}, ''],
		['limits between two integers', {type: 'integer', exclusiveMinimum: 3, exclusiveMaximum: 4}, ''],
		['false', false, ''],
		['no common type', {allOf: [{type: 'string'}, {type: 'integer'}]}, ''],
		['a value without end', {type: 'object', properties: {a: {$ref: '#'}}, required: ['a']}, ''],
		['a number for a schema', {properties: {a: 3}}, '/properties/a'],
	])('%s', (_, schema, path) => {
		let thrown: unknown;
		try {
			schemaToGrammar(schema);
		} catch (error) {
			thrown = error;
		}
		expect(MofaError.is(thrown, 'invalid-request') ? thrown.data : thrown).toEqual({
			path: `format.schema${path}`,
			expected: expect.any(String),
		});
	});
});

describe('limits of numbers', () => {
	const bound = fc.oneof(fc.integer({min: -2000, max: 2000}), fc.integer({min: -(2 ** 53) + 1, max: 2 ** 53 - 1}));

	test('allow an integer just when it is within them', () => {
		fc.assert(
			fc.property(bound, bound, bound, (a, b, near) => {
				const [minimum, maximum] = a < b ? [a, b] : [b, a];
				const grammar = readGbnf(schemaToGrammar({type: 'integer', minimum, maximum}));
				for (const value of [near, minimum, maximum, minimum - 1, maximum + 1, 0, -a, -b]) {
					if (!Number.isSafeInteger(value)) continue;
					expect([value, grammar.matches(String(value))]).toEqual([value, value >= minimum && value <= maximum]);
				}
			}),
		);
	});

	test('allow a decimal just when it is within them', () => {
		const decimal = fc
			.tuple(fc.integer({min: -5000, max: 5000}), fc.constantFrom(0, 1, 2, 3))
			.map(([n, places]) => n / 10 ** places);
		fc.assert(
			fc.property(decimal, decimal, decimal, fc.boolean(), (a, b, near, exclusive) => {
				const [low, high] = a < b ? [a, b] : [b, a];
				fc.pre(low < high);
				const limits = exclusive ? {exclusiveMinimum: low, exclusiveMaximum: high} : {minimum: low, maximum: high};
				const grammar = readGbnf(schemaToGrammar({type: 'number', ...limits}));
				for (const value of [near, low, high, (low + high) / 2, -near]) {
					const text = Object.is(value, -0) ? '0' : String(Math.round(value * 1e4) / 1e4);
					const number = Number(text);
					const inside = exclusive ? number > low && number < high : number >= low && number <= high;
					expect([text, grammar.matches(text)]).toEqual([text, inside]);
				}
			}),
		);
	});

	test('and multiples allow an integer just when it is one', () => {
		fc.assert(
			fc.property(
				fc.integer({min: 1, max: 60}),
				bound,
				fc.integer({min: -3000, max: 3000}),
				(multipleOf, minimum, value) => {
					fc.pre(Math.abs(minimum) < 1e8);
					const grammar = readGbnf(schemaToGrammar({type: 'integer', multipleOf, minimum}));
					expect(grammar.matches(String(value))).toBe(value >= minimum && value % multipleOf === 0);
					const up = Math.ceil(minimum / multipleOf) * multipleOf || 0;
					expect(grammar.matches(String(up))).toBe(true);
				},
			),
			{numRuns: 40},
		);
	});
});

describe('the grammar of any JSON', () => {
	const grammar = readGbnf(anyJsonGrammar);
	test('allows objects and arrays in usual layouts', () => {
		const value = {a: [1, 2.5, {b: 'c"\\'}], d: null, e: {}, f: []};
		for (const indent of [undefined, 2, '\t']) expect(grammar.matches(JSON.stringify(value, null, indent))).toBe(true);
		expect(grammar.matches('{"a": 1, "b": [true, false]}')).toBe(true);
	});

	test('allows no bare value, no end of white space and nothing after', () => {
		for (const text of ['1', '"a"', ' {}', '{} ', '{"a":\n\n1}', '[1,  2]', '{"a":1}{']) {
			expect([text, grammar.matches(text)]).toEqual([text, false]);
		}
	});
});
