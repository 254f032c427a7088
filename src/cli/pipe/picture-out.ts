import {writeFile} from 'node:fs/promises';
import {MofaError} from '../../contract/error.ts';
import type {Image} from '../../contract/media.ts';
import {pictureFiles} from '../imagine/picture-files.ts';
import {pictureEncoder, pictureFormatOf} from '../imagine/picture-format.ts';
import {graphicsFor} from '../picture/graphics-for.ts';
import {pictureText} from '../picture/picture-text.ts';
import {writeLine, type Terminal} from '../terminal.ts';

/**
 * Pictures that come out of a pipeline: into the file that was named, the second into one with a number; to whoever reads
 * standard output, which has room for one; or, on a terminal, shown and kept in files of new names.
 */
export class PictureOut {
	readonly #file: string | null;
	readonly #terminal: Terminal;
	#count = 0;

	constructor(file: string | null, terminal: Terminal) {
		this.#file = file;
		this.#terminal = terminal;
	}

	async write(image: Image): Promise<void> {
		this.#count += 1;
		if (this.#file !== null) return this.#keep(image, numbered(this.#file, this.#count));
		const {stdout} = this.#terminal;
		if (stdout.isTerminal) return this.#show(image);
		if (this.#count > 1)
			throw new MofaError('invalid-request', {
				path: '--output',
				expected: 'a file, such as -o picture.png: several pictures come, and standard output has room for one',
			});
		await stdout.write(image.bytes);
	}

	async #show({bytes, mediaType}: Image): Promise<void> {
		const {stdout} = this.#terminal;
		if (mediaType === 'image/png') await stdout.write(pictureText(bytes, graphicsFor(stdout, this.#terminal), stdout));
		const ending = mediaType === 'image/jpeg' ? 'jpg' : mediaType.slice('image/'.length);
		const write = await pictureFiles({output: null, prompt: 'picture', count: 1, ending, search: ''});
		await writeLine(stdout, await write(bytes, 0));
	}

	/** As the ending of the name says. */
	async #keep({bytes, mediaType}: Image, file: string): Promise<void> {
		const format = pictureFormatOf(file);
		const isThat = mediaType === `image/${format}`;
		if (!isThat && mediaType !== 'image/png')
			throw new MofaError('invalid-request', {
				path: '--output',
				expected: `a name for what comes, which is ${mediaType}`,
			});
		const encode = await pictureEncoder(isThat ? 'png' : format, this.#terminal.env['PATH'] ?? '');
		try {
			await writeFile(file, await encode(bytes));
		} catch (error) {
			const problem = error instanceof Error ? error.message : String(error);
			throw new MofaError('file-error', {path: file, problem}, {cause: error});
		}
	}
}

/** `a.png`, then `a-2.png`. */
function numbered(file: string, number: number): string {
	if (number === 1) return file;
	const ending = /\.\w{1,5}$/.exec(file)?.[0] ?? '';
	return `${file.slice(0, file.length - ending.length)}-${number}${ending}`;
}
