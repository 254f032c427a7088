import {mkdir, open, type FileHandle} from 'node:fs/promises';
import path from 'node:path';
import {writeFileAtomic} from '../../lib/write-file-atomic.ts';

/** Entries kept. The file may grow to twice as many before it is cut back. */
export const historyLimit = 1000;
const mostBytesRead = 8_000_000;
const longestEntry = 64_000;

/**
 * Earlier messages, oldest first. One JSON string per line, so that an entry of several lines survives;
 * lines that are none are passed over. A missing file is an empty history.
 */
export async function readHistory(file: string): Promise<readonly string[]> {
	const lines = (await readEnd(file)).split('\n').filter(line => line !== '');
	const entries = lines.flatMap(parseEntry).slice(-historyLimit);
	if (lines.length > 2 * historyLimit) await writeFileAtomic(file, entries.map(toLine).join(''));
	return entries;
}

/** One write at the end of the file, so that several chats may share it. For the owner's eyes only. */
export async function appendHistory(file: string, entry: string): Promise<void> {
	if (entry.length > longestEntry) return;
	await mkdir(path.dirname(file), {recursive: true, mode: 0o700});
	const handle = await open(file, 'a', 0o600);
	try {
		await handle.chmod(0o600);
		await handle.appendFile(toLine(entry));
	} finally {
		await handle.close();
	}
}

async function readEnd(file: string): Promise<string> {
	let handle: FileHandle;
	try {
		handle = await open(file, 'r');
	} catch (error) {
		if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '';
		throw error;
	}
	try {
		const {size} = await handle.stat();
		const length = Math.min(size, mostBytesRead);
		const buffer = Buffer.alloc(length);
		const {bytesRead} = await handle.read(buffer, 0, length, size - length);
		return buffer.toString('utf8', 0, bytesRead);
	} finally {
		await handle.close();
	}
}

function parseEntry(line: string): readonly string[] {
	try {
		const parsed: unknown = JSON.parse(line);
		return typeof parsed === 'string' && parsed !== '' ? [parsed] : [];
	} catch {
		return [];
	}
}

function toLine(entry: string): string {
	return `${JSON.stringify(entry)}\n`;
}
