import {MofaError} from '../../contract/error.ts';

/** The fields of a request, as they are typed. */
const names: Readonly<Record<string, string>> = {
	prompt: 'the prompt',
	negativePrompt: '--negative',
	width: '--size',
	height: '--size',
	steps: '--steps',
	guidance: '--guidance',
	seed: '--seed',
	count: '--count',
	image: '--init-image',
	strength: '--strength',
	mask: '--mask',
	scheduler: '--scheduler',
};

export function optionName(field: string): string {
	return names[field] ?? field;
}

/** A failure of a field names the option that it came from. */
export function inTypedWords(error: unknown): unknown {
	if (!MofaError.is(error, 'invalid-request') || names[error.data.path] === undefined) return error;
	const {path, expected} = error.data;
	return new MofaError('invalid-request', {path: optionName(path), expected}, {cause: error});
}
