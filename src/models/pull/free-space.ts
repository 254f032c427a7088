import {statfs} from 'node:fs/promises';
import path from 'node:path';
import {MofaError} from '../../contract/error.ts';

/** Bytes that this user may still write below a folder, which need not exist yet; `Infinity` where nobody can say. */
export async function freeBytes(folder: string): Promise<number> {
	for (let at = path.resolve(folder); ; at = path.dirname(at)) {
		const facts = await statfs(at).catch(() => null);
		if (facts !== null) return facts.bavail * facts.bsize;
		if (at === path.dirname(at)) return Infinity;
	}
}

/** Throws `disk-full` when so many bytes have no room. */
export async function requireSpace(folder: string, bytes: number): Promise<void> {
	const free = await freeBytes(folder);
	if (bytes > free) throw new MofaError('disk-full', {path: folder, needs: bytes, free});
}
