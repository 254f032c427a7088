import {MofaError} from '../contract/error.ts';

/** What was typed for a field of a request, by the name of the field: `--voice` for `voice`. */
export type TypedNames = Readonly<Record<string, string>>;

export function typedName(field: string, names: TypedNames): string {
	return Object.hasOwn(names, field) ? (names[field] ?? field) : field;
}

/** A refusal of a field names what was typed for it; any other failure as it is. */
export function inTypedWords(error: unknown, names: TypedNames): unknown {
	if (!MofaError.is(error, 'invalid-request') || !Object.hasOwn(names, error.data.path)) return error;
	return new MofaError('invalid-request', {...error.data, path: typedName(error.data.path, names)}, {cause: error});
}
