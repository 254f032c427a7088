import {createReadStream} from 'node:fs';
import {mkdtemp, open, rm, type FileHandle} from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';

/** Bytes put aside until it is known what to do with them. */
export interface Spool extends AsyncDisposable {
	readonly size: number;
	/** From the beginning; may be read again. */
	bytes(): AsyncIterable<Uint8Array>;
}

/** What is no longer than this needs no file. */
const keptInMemory = 1024 ** 2;

/** Reads to the end; what is long goes to a file that only this user can read, and that is gone when the spool is disposed. */
export async function spool(bytes: AsyncIterable<Uint8Array>): Promise<Spool> {
	const kept: Uint8Array[] = [];
	let size = 0;
	let file: {readonly folder: string; readonly path: string; readonly handle: FileHandle} | undefined;
	const remove = async (): Promise<void> => {
		if (file !== undefined) await rm(file.folder, {recursive: true, force: true});
	};
	try {
		for await (const piece of bytes) {
			size += piece.length;
			if (file === undefined) kept.push(Uint8Array.from(piece));
			else await file.handle.writeFile(piece);
			if (file === undefined && size > keptInMemory) {
				file = await openFile();
				for (const part of kept.splice(0)) await file.handle.writeFile(part);
			}
		}
		await file?.handle.close();
	} catch (error) {
		await file?.handle.close().catch(() => undefined);
		await remove();
		throw error;
	}
	const found = file;
	return {
		size,
		bytes: () => (found === undefined ? inMemory(kept) : createReadStream(found.path)),
		[Symbol.asyncDispose]: remove,
	};
}

async function openFile(): Promise<{folder: string; path: string; handle: FileHandle}> {
	const folder = await mkdtemp(path.join(os.tmpdir(), 'mofa-upload-'));
	const file = path.join(folder, 'upload');
	return {folder, path: file, handle: await open(file, 'wx', 0o600)};
}

async function* inMemory(pieces: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
	yield* pieces;
}
