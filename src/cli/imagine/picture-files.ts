import {constants} from 'node:fs';
import {access, open, stat, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {MofaError} from '../../contract/error.ts';
import {pictureEncoder, pictureFormatOf} from './picture-format.ts';
import {numberedFile, pictureName} from './picture-name.ts';

/** Writes the picture at `index`; resolves to the path of its file as a person would type it. */
export type WritePicture = (png: Uint8Array, index: number) => Promise<string>;

export interface FilesAsk {
	/** A path, a folder, or null: a name is made of the prompt, here. */
	readonly output: string | null;
	readonly prompt: string;
	readonly count: number;
	/** Of names that are made here; absent: png. */
	readonly ending?: string;
	/** A `PATH`: what is to be no PNG is written by ffmpeg. */
	readonly search: string;
}

/**
 * Whether the folder can be written to is asked before anything is drawn, which may take minutes. Throws `file-error`.
 * A file that was named takes the place of what has that name; one that was not never does.
 */
export async function pictureFiles({output, prompt, count, ending = 'png', search}: FilesAsk): Promise<WritePicture> {
	const folder = output === null ? '.' : (await isFolder(output)) ? output : path.dirname(output);
	await guarded(folder, () => access(folder, constants.W_OK));
	if (output === null) return png => writeNew('', pictureName(prompt), ending, png);
	if (folder === output) return png => writeNew(output, pictureName(prompt), ending, png);
	const encode = await pictureEncoder(pictureFormatOf(output), search);
	return async (png, index) => {
		const file = numberedFile(output, index, count);
		await guarded(file, async () => writeFile(file, await encode(png)));
		return file;
	};
}

async function isFolder(output: string): Promise<boolean> {
	if (/[/\\]$/.test(output)) return true;
	return (await stat(output).catch(() => null))?.isDirectory() === true;
}

/** More pictures of one name than anybody keeps. */
const mostOfAName = 10_000;

/** The first name that is free: of two that look at once, one takes it and the other the next. */
async function writeNew(folder: string, name: string, ending: string, png: Uint8Array): Promise<string> {
	for (let number = 1; number <= mostOfAName; number++) {
		const file = path.join(folder, `${name}${number === 1 ? '' : `-${number}`}.${ending}`);
		if (await guarded(file, () => writeUnlessTaken(file, png))) return file;
	}
	throw new MofaError('file-error', {path: `${name}.${ending}`, problem: `there are ${mostOfAName} of that name`});
}

async function writeUnlessTaken(file: string, png: Uint8Array): Promise<boolean> {
	try {
		await using handle = await open(file, 'wx');
		await handle.writeFile(png);
		return true;
	} catch (error) {
		if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
		throw error;
	}
}

async function guarded<T>(file: string, work: () => Promise<T>): Promise<T> {
	try {
		return await work();
	} catch (error) {
		const problem = error instanceof Error ? error.message : String(error);
		throw new MofaError('file-error', {path: file, problem}, {cause: error});
	}
}
