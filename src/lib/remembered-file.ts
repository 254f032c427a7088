import {statSync} from 'node:fs';
import {readFile} from 'node:fs/promises';

/** Some file systems keep time in steps of two seconds. */
export const granularityMs = 2000;

/**
 * What a small file holds, read again only once it has changed, by whoever. Whether it has is looked at synchronously: that takes
 * a few microseconds, and by way of the thread pool ten times as long.
 */
export class RememberedFile<T> {
	readonly #file: string;
	readonly #parse: (text: string | null) => T;
	readonly #now: () => number;
	#known: {readonly stamp: string; readonly value: T} | undefined;

	/** `parse` gets null where there is no file, or none that can be read. What it gives is shared by all who ask. */
	constructor(file: string, parse: (text: string | null) => T, now: () => number = Date.now) {
		this.#file = file;
		this.#parse = parse;
		this.#now = now;
	}

	async read(): Promise<T> {
		const stamp = stampOf(this.#file, this.#now());
		if (stamp !== null && stamp === this.#known?.stamp) return this.#known.value;
		const text = stamp === absent ? null : await readFile(this.#file, 'utf8').catch(() => null);
		const value = this.#parse(text);
		// A read that failed may not fail the next time.
		this.#known = stamp === null || (text === null && stamp !== absent) ? undefined : {stamp, value};
		return value;
	}
}

const absent = 'absent';

/** Taken before the reading; null where a change in the same moment could not be told from it. */
function stampOf(file: string, now: number): string | null {
	try {
		const facts = statSync(file, {throwIfNoEntry: false});
		if (facts === undefined) return absent;
		const {ino, size, mtimeMs, ctimeMs} = facts;
		return Math.max(mtimeMs, ctimeMs) < now - granularityMs ? [ino, size, mtimeMs, ctimeMs].join(' ') : null;
	} catch {
		return null;
	}
}
