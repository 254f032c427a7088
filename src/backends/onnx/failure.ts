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

/** One line, without what stands in front anyway: the path, and places and numbers of the runtime's own source. */
export function shortWords(file: string, error: unknown): string {
	if (MofaError.is(error, 'model-invalid') || MofaError.is(error, 'load-failed')) return error.data.problem;
	const words = error instanceof Error ? error.message : String(error);
	const line = (file === '' ? words : words.replaceAll(file, 'it'))
		.replaceAll(/[\p{Cc}\s]+/gu, ' ')
		.replaceAll(sources, '')
		.trim();
	return line.length > most ? `${line.slice(0, most - 1)}…` : line || 'it gave no reason';
}

/** A place in the source is followed by the name of a function, or by all of its signature. */
const sources =
	/Load model from it (failed: ?)?|Exception during initialization: |\[ONNXRuntimeError\] : \d+ : \w+ : |\S+\.(cc|h):\d+ (\w+ (?=[A-Z])|[^()]*::[^()]*\([^()]*\)( const)? )?/g;
