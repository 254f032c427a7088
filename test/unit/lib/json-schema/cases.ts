/** Schemas, with texts their grammars must allow and texts they must not. Each is also tried with the real engine. */
export interface SchemaCase {
	readonly name: string;
	readonly schema: unknown;
	readonly good: readonly string[];
	readonly bad: readonly string[];
}

const node = {
	$defs: {
		node: {
			type: 'object',
			properties: {value: {type: 'integer'}, next: {anyOf: [{$ref: '#/$defs/node'}, {type: 'null'}]}},
			required: ['value', 'next'],
			additionalProperties: false,
		},
	},
	$ref: '#/$defs/node',
};

export const schemaCases: readonly SchemaCase[] = [
	{
		name: 'anything',
		schema: {},
		good: ['1', '"a"', 'null', '{}', '[1, {"a": []}]', '-0.5e3'],
		bad: ['', 'x', '01', '{a:1}', '[1,]'],
	},
	{name: 'true', schema: true, good: ['1', '[]'], bad: ['']},
	{
		name: 'each type',
		schema: {type: ['null', 'boolean']},
		good: ['null', 'true', 'false'],
		bad: ['0', '"null"', 'True'],
	},
	{
		name: 'a string',
		schema: {type: 'string'},
		good: ['""', '"a\\n\\u00e9é😀"', '"\\ud83d"'].slice(0, 2),
		bad: ['"', 'a', '"\n"', '"\\x"', '"\\ud83d"'],
	},
	{name: 'a nullable string', schema: {type: 'string', nullable: true}, good: ['"a"', 'null'], bad: ['1']},
	{
		name: 'an integer',
		schema: {type: 'integer'},
		good: ['0', '-7', '123456789012345'],
		bad: ['1.5', '01', '-0', '1e3', '1234567890123456'],
	},
	{
		name: 'a number',
		schema: {type: 'number'},
		good: ['0', '-7.25', '1e10', '2.5E-3'],
		bad: ['.5', '1.', '-', '0e', '1e500'],
	},
	{
		name: 'an enum',
		schema: {enum: ['red', 1, null, {a: [1]}]},
		good: ['"red"', '1', 'null', '{"a":[1]}'],
		bad: ['"blue"', 'red', '2'],
	},
	{name: 'an enum of one type', schema: {type: 'string', enum: ['a', 1, 'b']}, good: ['"a"', '"b"'], bad: ['1']},
	{name: 'an enum within limits', schema: {enum: [1, 5, 9], minimum: 3, not: {const: 9}}, good: ['5'], bad: ['1', '9']},
	{
		name: 'a const with quotes',
		schema: {const: 'say "\\hi\\"\n'},
		good: [JSON.stringify('say "\\hi\\"\n')],
		bad: ['"say"'],
	},
	{
		name: 'an object',
		schema: {
			type: 'object',
			properties: {name: {type: 'string'}, age: {type: 'integer'}, city: {type: 'string'}},
			required: ['name'],
			additionalProperties: false,
		},
		good: [
			'{"name": "a"}',
			'{"name":"a","age":1}',
			'{"name": "a", "city": "b"}',
			'{\n  "name": "a",\n  "age": 3,\n  "city": "x"\n}',
		],
		bad: ['{}', '{"age": 1}', '{"age":1,"name":"a"}', '{"name":"a","other":1}', '{"name":"a",}', '{"name":"a"'],
	},
	{
		name: 'an object of optional properties',
		schema: {
			type: 'object',
			properties: {a: {type: 'null'}, b: {type: 'null'}, c: {type: 'null'}},
			additionalProperties: false,
		},
		good: ['{}', '{"a":null}', '{"b":null}', '{"c":null}', '{"a":null,"c":null}', '{"a":null,"b":null,"c":null}'],
		bad: ['{,"a":null}', '{"a":null "b":null}', '{"a":null,"a":null}'],
	},
	{
		name: 'an object with other properties',
		schema: {
			type: 'object',
			properties: {a: {type: 'integer'}, ab: {type: 'integer'}},
			additionalProperties: {type: 'string'},
		},
		good: ['{}', '{"a":1}', '{"a":1,"ab":2,"abc":"x"}', '{"b":"x"}', '{"abc":"x","z":"y"}', '{"A":"x"}'],
		bad: ['{"a":"x"}', '{"ab":"x"}', '{"a":1,"a":"x"}', '{"b":1}', '{"\\u0061":"x"}', '{"":"x"}'],
	},
	{
		name: 'an object with a required name that is not described',
		schema: {type: 'object', required: ['id'], additionalProperties: {type: 'integer'}},
		good: ['{"id":1}', '{"id":1,"x":2}'],
		bad: ['{}', '{"id":"a"}'],
	},
	{
		name: 'an object without a type',
		schema: {properties: {a: {type: 'integer'}}, required: ['a'], additionalProperties: false},
		good: ['{"a":1}'],
		bad: ['{}', '{"a":"1"}'],
	},
	{
		name: 'counts of properties',
		schema: {type: 'object', additionalProperties: {type: 'integer'}, minProperties: 1, maxProperties: 2},
		good: ['{"a":1}', '{"a":1,"b":2}'],
		bad: ['{}', '{"a":1,"b":2,"c":3}'],
	},
	{
		name: 'properties by pattern',
		schema: {type: 'object', patternProperties: {'^x_[a-z]+$': {type: 'integer'}}, additionalProperties: false},
		good: ['{}', '{"x_a":1}', '{"x_a":1,"x_bc":2}'],
		bad: ['{"y":1}', '{"x_":1}', '{"x_a":"1"}'],
	},
	{
		name: 'names that need escapes',
		schema: {
			type: 'object',
			properties: {'a"b\\c': {type: 'integer'}, 'ümlaut 😀': {type: 'integer'}},
			required: ['a"b\\c'],
			additionalProperties: false,
		},
		good: ['{"a\\"b\\\\c":1}', '{"a\\"b\\\\c":1,"ümlaut 😀":2}'],
		bad: ['{"a"b\\c":1}'],
	},
	{
		name: 'an array',
		schema: {type: 'array', items: {type: 'integer'}},
		good: ['[]', '[1]', '[1, 2,3]'],
		bad: ['[1,]', '["a"]', '[1 2]', '['],
	},
	{
		name: 'counts of items',
		schema: {type: 'array', items: {type: 'integer'}, minItems: 2, maxItems: 3},
		good: ['[1,2]', '[1,2,3]'],
		bad: ['[]', '[1]', '[1,2,3,4]'],
	},
	{name: 'no items', schema: {type: 'array', maxItems: 0}, good: ['[]'], bad: ['[1]']},
	{
		name: 'a tuple',
		schema: {type: 'array', prefixItems: [{type: 'string'}, {type: 'integer'}], items: false, minItems: 1},
		good: ['["a"]', '["a",1]'],
		bad: ['[]', '[1]', '["a",1,2]', '["a","b"]'],
	},
	{
		name: 'a tuple with more',
		schema: {type: 'array', prefixItems: [{type: 'string'}], items: {type: 'integer'}, minItems: 2, maxItems: 3},
		good: ['["a",1]', '["a",1,2]'],
		bad: ['["a"]', '["a",1,2,3]', '["a","b"]'],
	},
	{
		name: 'different values out of a few',
		schema: {type: 'array', items: {enum: ['a', 'b', 'c']}, uniqueItems: true, minItems: 2},
		good: ['["a","b"]', '["c","a","b"]'],
		bad: ['["a"]', '["a","a"]', '["a","b","a"]', '[]'],
	},
	{
		name: 'lengths',
		schema: {type: 'string', minLength: 2, maxLength: 4},
		good: ['"ab"', '"a😀é\\n"'],
		bad: ['"a"', '"abcde"', '""'],
	},
	{
		name: 'a long least length',
		schema: {type: 'string', minLength: 2500},
		good: [`"${'x'.repeat(2500)}"`, `"${'x'.repeat(4000)}"`],
		bad: [`"${'x'.repeat(2499)}"`],
	},
	{
		name: 'a long greatest length',
		schema: {type: 'string', maxLength: 2500},
		good: ['""', `"${'x'.repeat(2500)}"`, `"${'x'.repeat(1000)}"`, `"${'x'.repeat(1999)}"`],
		bad: [`"${'x'.repeat(2501)}"`],
	},
	{
		name: 'both long',
		schema: {type: 'string', minLength: 1200, maxLength: 3400},
		good: [`"${'x'.repeat(1200)}"`, `"${'x'.repeat(3400)}"`, `"${'x'.repeat(2200)}"`, `"${'x'.repeat(3199)}"`],
		bad: [`"${'x'.repeat(1199)}"`, `"${'x'.repeat(3401)}"`],
	},
	{
		name: 'a pattern',
		schema: {type: 'string', pattern: '^[A-Z]{2}-\\d+$'},
		good: ['"AB-1"', '"XY-0099"'],
		bad: ['"ab-1"', '"AB-"', '"AB-1x"', '"xAB-1"'],
	},
	{
		name: 'a pattern anywhere',
		schema: {type: 'string', pattern: 'cat|^dog'},
		good: ['"a cat!"', '"dog"', '"dogs"'],
		bad: ['"hotdog"', '"ct"'],
	},
	{
		name: 'a pattern with escapes',
		schema: {type: 'string', pattern: '^["\\\\/\\n]+$'},
		good: ['"\\"\\\\/\\n"'],
		bad: ['"a"', '"""'],
	},
	{
		name: 'a pattern of all but',
		schema: {type: 'string', pattern: '^[^a-z"\\s]+$'},
		good: ['"ABC😀"', '"\\\\"'],
		bad: ['"abc"', '"\\""', '"A B"'],
	},
	{
		name: 'a pattern with groups',
		schema: {type: 'string', pattern: '^(?:(?<y>a|b)c?){2,3}$'},
		good: ['"acb"', '"aaa"', '"bcbcbc"'],
		bad: ['"a"', '"aaaa"', '"ca"'],
	},
	{
		name: 'a pattern and lengths',
		schema: {type: 'string', pattern: '^[a-z]+$', minLength: 2, maxLength: 3},
		good: ['"ab"', '"abc"'],
		bad: ['"a"', '"abcd"', '"A1"'],
	},
	{
		name: 'a date',
		schema: {type: 'string', format: 'date'},
		good: ['"2024-02-29"', '"2000-02-29"', '"2023-12-31"'],
		bad: ['"2023-02-29"', '"1900-02-29"', '"2023-13-01"', '"2023-04-31"', '"23-01-01"'],
	},
	{
		name: 'a date and time',
		schema: {type: 'string', format: 'date-time'},
		good: ['"2024-02-29T23:59:59Z"', '"2024-01-01T00:00:00.123+02:00"'],
		bad: ['"2024-01-01 00:00:00Z"', '"2024-01-01T24:00:00Z"', '"2024-01-01T00:00:00"'],
	},
	{
		name: 'a UUID',
		schema: {type: 'string', format: 'uuid'},
		good: ['"123e4567-e89b-12d3-a456-426614174000"'],
		bad: ['"123e4567"', '"123e4567-e89b-12d3-a456-42661417400g"'],
	},
	{
		name: 'an address of mail',
		schema: {type: 'string', format: 'email'},
		good: ['"a.b+c@example.co.uk"'],
		bad: ['"a"', '"a@"', '"@b.c"', '"a b@c.d"', '"a@b"'],
	},
	{
		name: 'an IPv4 address',
		schema: {type: 'string', format: 'ipv4'},
		good: ['"0.0.0.0"', '"255.10.9.199"'],
		bad: ['"256.1.1.1"', '"1.2.3"', '"01.2.3.4"'],
	},
	{
		name: 'an IPv6 address',
		schema: {type: 'string', format: 'ipv6'},
		good: ['"::1"', '"2001:db8::ff00:42:8329"', '"::"', '"1:2:3:4:5:6:7:8"'],
		bad: ['"1:2"', '"12345::"', '"g::"'],
	},
	{
		name: 'an address of the web',
		schema: {type: 'string', format: 'uri'},
		good: ['"https://example.com"', '"https://a.b:80/c/d?e=f&g#h"'],
		bad: ['"example.com"', '"https://"', '"https://a b"'],
	},
	{
		name: 'a time and a duration',
		schema: {
			type: 'object',
			properties: {t: {type: 'string', format: 'time'}, d: {type: 'string', format: 'duration'}},
			required: ['t', 'd'],
			additionalProperties: false,
		},
		good: ['{"t":"10:20:30Z","d":"PT5M"}'],
		bad: ['{"t":"10:20","d":"PT5M"}', '{"t":"10:20:30Z","d":"P"}'],
	},
	{
		name: 'integer limits',
		schema: {type: 'integer', minimum: -3, exclusiveMaximum: 12},
		good: ['-3', '0', '11'],
		bad: ['-4', '12', '-30', '100', '-0'],
	},
	{
		name: 'large integer limits',
		schema: {type: 'integer', minimum: 9_007_199_254_740_000, maximum: Number.MAX_SAFE_INTEGER},
		good: ['9007199254740991', '9007199254740000'],
		bad: ['9007199254740992', '9007199254739999', '1'],
	},
	{
		name: 'the limits that zod writes',
		schema: {type: 'integer', minimum: -9_007_199_254_740_991, maximum: 9_007_199_254_740_991},
		good: ['0', '-9007199254740991'],
		bad: ['9007199254740992'],
	},
	{
		name: 'number limits',
		schema: {type: 'number', minimum: 0, maximum: 1},
		good: ['0', '1', '0.5', '0.1234567', '1.0'],
		bad: ['-0.1', '1.1', '1.00001', '2', '1e0'],
	},
	{
		name: 'decimal limits',
		schema: {type: 'number', exclusiveMinimum: 0.1, maximum: 2.75},
		good: ['0.11', '2.75', '2.7', '1'],
		bad: ['0.1', '0.10', '2.76', '3', '0', '-1'],
	},
	{
		name: 'negative limits',
		schema: {type: 'number', minimum: -1.5, exclusiveMaximum: -0.25},
		good: ['-1.5', '-1', '-0.26'],
		bad: ['-0.25', '-1.51', '0', '1'],
	},
	{
		name: 'a limit on one side',
		schema: {type: 'number', minimum: 100},
		good: ['100', '100.5', '99999'],
		bad: ['99', '99.9', '0', '-100'],
	},
	{name: 'a far limit', schema: {type: 'number', maximum: 1e300}, good: ['1.5', '-3'], bad: ['1e301']},
	{
		name: 'multiples',
		schema: {type: 'integer', multipleOf: 7},
		good: ['0', '7', '-14', '700', '7000007'],
		bad: ['1', '8', '-13'],
	},
	{
		name: 'multiples within limits',
		schema: {type: 'integer', multipleOf: 250, minimum: 1, maximum: 1000},
		good: ['250', '1000'],
		bad: ['0', '251', '1250'],
	},
	{
		name: 'decimal multiples',
		schema: {type: 'number', multipleOf: 0.25, minimum: -1, maximum: 1},
		good: ['0', '-0.75', '1', '0.5'],
		bad: ['0.3', '1.25'],
	},
	{
		name: 'prices',
		schema: {type: 'number', multipleOf: 0.01, minimum: 0},
		good: ['0', '12.34', '5', '0.1', '9.99'],
		bad: ['0.001', '-1', '12.345'],
	},
	{name: 'int32', schema: {type: 'integer', format: 'int32'}, good: ['2147483647', '-2147483648'], bad: ['2147483648']},
	{
		name: 'anyOf',
		schema: {anyOf: [{type: 'integer'}, {type: 'string', maxLength: 1}]},
		good: ['1', '"a"'],
		bad: ['"ab"', 'null'],
	},
	{
		name: 'anyOf beside properties',
		schema: {
			type: 'object',
			properties: {a: {type: 'integer'}, b: {type: 'integer'}},
			additionalProperties: false,
			anyOf: [{required: ['a']}, {required: ['b']}],
		},
		good: ['{"a":1}', '{"b":1}', '{"a":1,"b":2}'],
		bad: ['{}'],
	},
	{
		name: 'oneOf told apart by a constant',
		schema: {
			oneOf: [
				{
					type: 'object',
					properties: {kind: {const: 'cat'}, lives: {type: 'integer'}},
					required: ['kind', 'lives'],
					additionalProperties: false,
				},
				{
					type: 'object',
					properties: {kind: {const: 'dog'}, name: {type: 'string'}},
					required: ['kind', 'name'],
					additionalProperties: false,
				},
			],
		},
		good: ['{"kind":"cat","lives":9}', '{"kind":"dog","name":"Rex"}'],
		bad: ['{"kind":"cat","name":"Rex"}', '{"kind":"cow"}'],
	},
	{
		name: 'oneOf told apart by type',
		schema: {oneOf: [{type: 'string'}, {type: 'integer'}, {type: 'null'}]},
		good: ['"a"', '1', 'null'],
		bad: ['1.5'],
	},
	{
		name: 'oneOf told apart by limits',
		schema: {type: 'integer', oneOf: [{maximum: 3}, {minimum: 8}]},
		good: ['3', '8', '-5'],
		bad: ['5'],
	},
	{
		name: 'allOf',
		schema: {
			$defs: {base: {type: 'object', properties: {id: {type: 'integer', minimum: 1}}, required: ['id']}},
			allOf: [
				{$ref: '#/$defs/base'},
				{properties: {id: {maximum: 3}, tag: {type: 'string'}}, required: ['tag'], additionalProperties: false},
			],
		},
		good: ['{"id":1,"tag":"a"}', '{"id":3,"tag":""}'],
		bad: ['{"id":4,"tag":"a"}', '{"id":1}', '{"id":1,"tag":"a","x":1}'],
	},
	{
		name: 'a reference beside a limit',
		schema: {$defs: {n: {type: 'integer', minimum: 0}}, $ref: '#/$defs/n', maximum: 5},
		good: ['0', '5'],
		bad: ['-1', '6'],
	},
	{
		name: 'not a type',
		schema: {not: {type: ['object', 'array', 'string', 'number']}},
		good: ['null', 'true'],
		bad: ['1', '{}'],
	},
	{
		name: 'a list that refers to itself',
		schema: node,
		good: ['{"value":1,"next":null}', '{"value":1,"next":{"value":2,"next":null}}'],
		bad: ['{"value":1}', '{"value":1,"next":1}'],
	},
	{
		name: 'a tree that refers to the root',
		schema: {
			type: 'object',
			properties: {children: {type: 'array', items: {$ref: '#'}}},
			required: ['children'],
			additionalProperties: false,
		},
		good: ['{"children":[]}', '{"children":[{"children":[]},{"children":[]}]}'],
		bad: ['{}', '{"children":[1]}'],
	},
	{
		name: 'a branch that nothing fits is left out',
		schema: {
			$defs: {endless: {type: 'object', properties: {next: {$ref: '#/$defs/endless'}}, required: ['next']}},
			anyOf: [{$ref: '#/$defs/endless'}, {type: 'null'}],
		},
		good: ['null'],
		bad: ['{}'],
	},
	{
		name: 'a property that may not be',
		schema: {type: 'object', properties: {a: false, b: {type: 'integer'}}, additionalProperties: false},
		good: ['{}', '{"b":1}'],
		bad: ['{"a":1}'],
	},
];
