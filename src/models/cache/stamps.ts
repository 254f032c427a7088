import {statSync} from 'node:fs';
import {stat} from 'node:fs/promises';
import {join, sep} from 'node:path';
import {setImmediate as nextTurn} from 'node:timers/promises';

/** When folders and files last changed, in milliseconds; `absent` for what is not there. */
export const absent = -1;

/** Milliseconds that the event loop is held at most before others get their turn. */
const sliceMs = 4;
/** Questions between two looks at the clock, which cost, too. */
const group = 16;
/** A disk that takes longer for a group is asked without holding the event loop: it may be a network away. */
const slowMs = 16;
/** Groups in a row that were slow: one alone is a machine that was busy. */
const slowGroups = 4;
const atOnce = 64;

/** Paths below one folder, and when each had last changed. */
export interface Watched {
	readonly root: string;
	readonly paths: readonly string[];
	readonly stamps: readonly number[];
	/** How many of them, from the first, are looked at. */
	readonly count: number;
}

/**
 * Those of which a path has changed. Ten thousand models make twenty thousand questions: the synchronous call answers them
 * in a seventh of the time of the asynchronous one, so it is used, a few milliseconds at a time.
 */
export async function changedAmong<T extends Watched>(watched: readonly T[]): Promise<readonly T[]> {
	const changed: T[] = [];
	let sliceStart = performance.now();
	let slow = 0;
	let at = 0;
	for (; at < watched.length && slow < slowGroups;) {
		const start = performance.now();
		const end = Math.min(at + group, watched.length);
		for (; at < end; at += 1) {
			const one = watched[at];
			if (one !== undefined && hasChanged(one)) changed.push(one);
		}
		const now = performance.now();
		slow = now - start > slowMs ? slow + 1 : 0;
		if (now - sliceStart > sliceMs) {
			await nextTurn();
			sliceStart = performance.now();
		}
	}
	if (at < watched.length) changed.push(...(await changedSlowly(watched.slice(at))));
	return changed;
}

function hasChanged({root, paths, stamps, count}: Watched): boolean {
	for (let at = 0; at < count; at += 1) if (stampNow(`${root}${sep}${paths[at]}`) !== stamps[at]) return true;
	return false;
}

async function changedSlowly<T extends Watched>(watched: readonly T[]): Promise<readonly T[]> {
	const changed: T[] = [];
	let next = 0;
	const work = async (): Promise<void> => {
		while (next < watched.length) {
			const one = watched[next];
			next += 1;
			if (one === undefined) continue;
			const now = await Promise.all(one.paths.slice(0, one.count).map(file => stampOf(join(one.root, file))));
			if (now.some((stamp, at) => stamp !== one.stamps[at])) changed.push(one);
		}
	};
	await Promise.all(Array.from({length: atOnce}, work));
	return changed;
}

export async function stampOf(path: string): Promise<number> {
	try {
		return (await stat(path)).mtimeMs;
	} catch {
		return absent;
	}
}

function stampNow(path: string): number {
	try {
		return statSync(path, {throwIfNoEntry: false})?.mtimeMs ?? absent;
	} catch {
		return absent;
	}
}
