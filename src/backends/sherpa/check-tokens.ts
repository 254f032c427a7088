import {readFile, stat} from 'node:fs/promises';
import {MofaError} from '../../contract/error.ts';

/** Bytes; no model writes with more. */
const largest = 16 * 2 ** 20;
const blanks = ['<blk>', '<eps>', '<blank>'];

export interface TokenNeeds {
	/** Tokens that the graph tells apart. */
	readonly count: number;
	/** Whether the file has to name the one that stands for nothing. */
	readonly blank: boolean;
}

/**
 * sherpa-onnx ends the process for a line it cannot read, and for a token that the graph writes and the file does not have.
 * Throws `model-invalid`, and `file-error` where the file cannot be read.
 */
export async function checkTokens(file: string, {count, blank}: TokenNeeds): Promise<void> {
	const refuse = (problem: string): MofaError<'model-invalid'> =>
		new MofaError('model-invalid', {model: file, problem});
	const text = await textOf(file);
	if (text === null) throw refuse('it is too long for a list of tokens');
	const numbers = new Set<number>();
	let hasBlank = false;
	for (const [index, line] of text.split('\n').entries()) {
		if (line === '' && index > 0 && text.endsWith('\n')) continue;
		// A line with nothing but a number stands for a space.
		const words = line.trim().split(/[ \t\r\f\v]+/);
		const last = words.at(-1) ?? '';
		if (words.length > 2 || !/^\d{1,7}$/.test(last))
			throw refuse(`its line ${index + 1} is not a token and its number`);
		numbers.add(Number(last));
		hasBlank ||= words.length === 2 && blanks.includes(words[0] ?? '');
	}
	if (blank && !hasBlank) throw refuse(`it has none of ${blanks.join(', ')}`);
	for (let number = 0; number < count; number += 1)
		if (!numbers.has(number)) throw refuse(`it has no token ${number}, and the graph tells ${count} apart`);
}

async function textOf(file: string): Promise<string | null> {
	try {
		return (await stat(file)).size > largest ? null : await readFile(file, 'utf8');
	} catch (error) {
		throw new MofaError('file-error', {path: file, problem: error instanceof Error ? error.message : String(error)});
	}
}
