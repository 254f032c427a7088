import {mkdir, open, rename, rm} from 'node:fs/promises';
import path from 'node:path';

/** Temp file, fsync, rename: a reader sees the old content or the new, never half of one. Makes the folder. */
export async function writeFileAtomic(file: string, content: string | Uint8Array, mode = 0o600): Promise<void> {
	await mkdir(path.dirname(file), {recursive: true, mode: 0o700});
	const temporary = `${file}.${crypto.randomUUID()}.tmp`;
	try {
		const handle = await open(temporary, 'wx', mode);
		try {
			await handle.writeFile(content);
			await handle.sync();
		} finally {
			await handle.close();
		}
		await rename(temporary, file);
	} catch (error) {
		await rm(temporary, {force: true});
		throw error;
	}
}
