import {anyJsonGrammar} from '../lib/json-schema/any-json.ts';
import {schemaToGrammar} from '../lib/json-schema/to-grammar.ts';
import {compileValidator} from '../lib/json-schema/validate.ts';
import {MofaError} from '../contract/error.ts';
import type {Format} from './generation.ts';

/** What a requested format asks of the generation and of its result. */
export interface OutputFormat {
	/** GBNF: allows no token that would leave the format. */
	readonly grammar: string;
	/** Throws `internal` for a finished text that breaks what the grammar could not express. */
	readonly check: (text: string) => void;
}

/** Throws `invalid-request` naming the keyword that cannot be enforced. */
export function outputFormat(format: Format): OutputFormat {
	if (format.type === 'json') return {grammar: anyJsonGrammar, check: text => void parseJson(text)};
	const validate = compileValidator(format.schema);
	return {
		grammar: schemaToGrammar(format.schema),
		check(text) {
			const problem = validate(parseJson(text));
			if (problem !== undefined) throw broken(problem);
		},
	};
}

function parseJson(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch (error) {
		throw broken(error instanceof Error ? error.message : String(error));
	}
}

function broken(problem: string): MofaError<'internal'> {
	return new MofaError('internal', {problem: `the answer does not keep to the requested format: ${problem}`});
}
