import {MofaError} from '../../contract/error.ts';

/** Characters of the runtime's words that a person gets to read. */
const most = 240;

/** What ONNX Runtime said of a file that it does not open. */
export function openFailure(file: string, error: unknown): MofaError {
	if (MofaError.is(error)) return error;
	const problem = shortWords(file, error);
	if (/failed to allocate|bad_?alloc|out of memory/i.test(problem))
		return new MofaError('load-failed', {model: file, problem}, {cause: error});
	return new MofaError('model-invalid', {model: file, problem}, {cause: error});
}

/** What it said of a step. */
export function runFailure(file: string, error: unknown): MofaError {
	if (MofaError.is(error)) return error;
	return new MofaError('internal', {problem: `${file}: ${shortWords(file, error)}`}, {cause: error});
}

/** One line without the places in the runtime's own source, and without the path that stands in front anyway. */
export function shortWords(file: string, error: unknown): string {
	if (MofaError.is(error, 'model-invalid') || MofaError.is(error, 'load-failed')) return error.data.problem;
	const words = error instanceof Error ? error.message : String(error);
	const line = (file === '' ? words : words.replaceAll(file, 'it'))
		.replaceAll(/\S*\/onnxruntime\/\S+:\d+ [^\]]*?\) ?/g, '')
		.replaceAll(/[\p{Cc}\s]+/gu, ' ')
		.trim();
	return line.length > most ? `${line.slice(0, most - 1)}…` : line || 'it gave no reason';
}
