import {open} from 'node:fs/promises';
import {MofaError} from '../../contract/error.ts';
import type {Image} from '../../contract/media.ts';
import {sniffPicture} from '../../media/picture/sniff-picture.ts';
import {ExplainedFailure} from '../report-failure.ts';
import type {Terminal} from '../terminal.ts';

/** Bytes; whoever decodes it takes no more. */
const largest = 64 * 2 ** 20;

/**
 * A picture from a file, or from standard input for `-`, as the bytes it is; by its first bytes it is one. Throws
 * `invalid-request` naming `option` or the file.
 */
export async function readPicture(word: string, {stdin}: Terminal, signal: AbortSignal): Promise<Image> {
	const source = word === '-' ? 'standard input' : word;
	const bytes = word === '-' ? await gathered(stdin.chunks(signal), source, signal) : await fileBytes(word);
	const found = sniffPicture(bytes);
	if (found !== null) return {bytes, mediaType: found.mediaType};
	throw new MofaError('invalid-request', {
		path: source,
		expected: 'a picture: PNG, JPEG, WebP, GIF, BMP, AVIF or HEIC',
	});
}

async function gathered(chunks: AsyncIterable<Uint8Array>, source: string, signal: AbortSignal): Promise<Uint8Array> {
	const pieces: Uint8Array[] = [];
	let length = 0;
	for await (const chunk of chunks) {
		length += chunk.length;
		if (length > largest) throw tooLarge(source);
		pieces.push(chunk);
	}
	if (signal.aborted) throw new MofaError('cancelled', {});
	return Uint8Array.from(Buffer.concat(pieces));
}

async function fileBytes(file: string): Promise<Uint8Array> {
	try {
		await using handle = await open(file, 'r');
		const facts = await handle.stat();
		if (facts.isDirectory()) throw new MofaError('invalid-request', {path: file, expected: 'a file, not a folder'});
		if (facts.size > largest) throw tooLarge(file);
		return Uint8Array.from(await handle.readFile());
	} catch (error) {
		if (MofaError.is(error)) throw error;
		if (error instanceof Error && 'code' in error && error.code === 'ENOENT')
			throw new ExplainedFailure(
				{message: `there is no file ${file}`, next: null},
				new MofaError('model-not-found', {model: file, similar: []}),
			);
		const problem = error instanceof Error ? error.message : String(error);
		throw new MofaError('file-error', {path: file, problem}, {cause: error});
	}
}

function tooLarge(source: string): MofaError {
	return new MofaError('invalid-request', {path: source, expected: `a picture of at most ${largest / 2 ** 20} MiB`});
}
