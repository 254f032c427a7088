import {stat} from 'node:fs/promises';
import {readPicture as readPictureFile} from '../../client/pictures.ts';
import {MofaError} from '../../contract/error.ts';
import type {Image} from '../../contract/media.ts';
import {readablePictures, sniffPicture} from '../../media/picture/sniff-picture.ts';
import {ExplainedFailure} from '../report-failure.ts';
import type {Terminal} from '../terminal.ts';

/** Bytes; whoever decodes it takes no more. */
const largest = 64 * 2 ** 20;

/**
 * A picture from a file, or from standard input for `-`, as the bytes it is; by its first bytes it is one. Throws
 * `invalid-request` naming the file, and the exit code of what is not there.
 */
export async function readPicture(word: string, {stdin}: Terminal, signal: AbortSignal): Promise<Image> {
	if (word !== '-') {
		await mustBeFile(word);
		return readPictureFile(word);
	}
	const bytes = await stdin.readBytes({limit: largest, signal});
	const found = sniffPicture(bytes);
	if (found !== null) return {bytes: Uint8Array.from(bytes), mediaType: found.mediaType};
	throw new MofaError('invalid-request', {
		path: 'standard input',
		expected: `a picture: ${readablePictures}`,
	});
}

async function mustBeFile(file: string): Promise<void> {
	const found = await stat(file).catch(() => null);
	if (found === null)
		throw new ExplainedFailure(
			{message: `there is no file ${file}`, next: null},
			new MofaError('model-not-found', {model: file, similar: []}),
		);
	if (found.isDirectory()) throw new MofaError('invalid-request', {path: file, expected: 'a file, not a folder'});
}
