import {Ajv2020} from 'ajv/dist/2020.js';
import {numberFormats, stringFormats} from './formats.ts';
import {refuse} from './refusal.ts';
import {isRecord} from './shape.ts';

/**
 * Checks finished values against a JSON Schema (draft 2020-12): returns what is wrong, or undefined. Throws
 * `invalid-request` for what is no schema.
 */
export function compileValidator(schema: unknown): (value: unknown) => string | undefined {
	const ajv = new Ajv2020({
		strict: false,
		multipleOfPrecision: 9,
		logger: false,
		formats,
		// Compiling the schema of schemas takes longer than all the rest, and the grammar has read every keyword.
		meta: false,
		validateSchema: false,
	});
	const validate = compile(ajv, schema);
	return value => {
		if (validate(value)) return undefined;
		const error = validate.errors?.[0];
		return `${error?.instancePath || 'the value'} ${error?.message ?? 'is not valid'}`;
	};
}

const formats = Object.fromEntries([
	...Object.entries(stringFormats).map(([name, source]) => [name, new RegExp(source, 'u')] as const),
	...Object.keys(numberFormats).map(name => [name, {type: 'number', validate: () => true}] as const),
]);

function compile(ajv: Ajv2020, schema: unknown): ReturnType<Ajv2020['compile']> {
	if (typeof schema === 'boolean') return ajv.compile(schema);
	if (!isRecord(schema)) return refuse('format.schema', 'a schema: an object, true or false');
	// Generators name older drafts for schemas that read the same in this one.
	const {$schema: _, ...rest} = schema;
	try {
		return ajv.compile(rest);
	} catch (error) {
		return refuse(
			'format.schema',
			`a JSON Schema; ${error instanceof Error ? error.message.slice(0, 300) : 'this is none'}`,
		);
	}
}
