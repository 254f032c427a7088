import {expect, test} from 'vitest';
import {MofaError} from '../../../../src/contract/error.ts';
import {compileValidator} from '../../../../src/lib/json-schema/validate.ts';

test('a validator says what is wrong, and where', () => {
	const validate = compileValidator({
		$schema: 'http://json-schema.org/draft-07/schema#',
		type: 'object',
		properties: {tags: {type: 'array', items: {type: 'string'}, uniqueItems: true}},
	});
	expect(validate({tags: ['a', 'b']})).toBeUndefined();
	expect(validate({tags: ['a', 'a']})).toContain('/tags');
	expect(validate([])).toContain('the value');
});

test('a validator knows the formats and decimal multiples', () => {
	expect(compileValidator({type: 'string', format: 'date'})('2023-02-29')).toBeDefined();
	expect(compileValidator({type: 'number', multipleOf: 0.01})(0.07)).toBeUndefined();
	expect(compileValidator({type: 'number', multipleOf: 0.01})(0.071)).toBeDefined();
});

test.each([3, null, {type: 3}, {$ref: '#/nowhere'}, {$ref: 'https://example.com/x'}, {pattern: '('}])(
	'what is no schema is refused: %j',
	schema => {
		let thrown: unknown;
		try {
			compileValidator(schema);
		} catch (error) {
			thrown = error;
		}
		expect(MofaError.is(thrown, 'invalid-request')).toBe(true);
	},
);
