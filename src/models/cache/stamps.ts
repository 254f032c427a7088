import {statSync} from 'node:fs';
import {stat} from 'node:fs/promises';
import {setImmediate as nextTurn} from 'node:timers/promises';

/** When folders and files last changed, in milliseconds; `absent` for what is not there. */
export const absent = -1;

/** Milliseconds that the event loop is held at most before others get their turn. */
const sliceMs = 4;
/** A disk that takes longer for one question is asked without holding the event loop: it may be a network away. */
const slowMs = 1;
const atOnce = 64;

/**
 * Times of change of many paths. Ten thousand models make twenty thousand questions: the synchronous call answers them
 * in a seventh of the time of the asynchronous one, so it is used, a few milliseconds at a time.
 */
export async function stampsOf(paths: readonly string[]): Promise<Float64Array> {
	const stamps = new Float64Array(paths.length);
	let sliceStart = performance.now();
	let before = sliceStart;
	for (let at = 0; at < paths.length; at += 1) {
		stamps[at] = stampNow(paths[at] ?? '');
		// Looking at the clock costs, too.
		if (at % 16 !== 15 && at > 0) continue;
		const now = performance.now();
		if (now - before > slowMs * 16 || (at === 0 && now - before > slowMs)) {
			await fillSlowly(paths, stamps, at + 1);
			return stamps;
		}
		if (now - sliceStart > sliceMs) {
			await nextTurn();
			sliceStart = performance.now();
		}
		before = performance.now();
	}
	return stamps;
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

async function fillSlowly(paths: readonly string[], stamps: Float64Array, from: number): Promise<void> {
	let next = from;
	const work = async (): Promise<void> => {
		while (next < paths.length) {
			const at = next;
			next += 1;
			stamps[at] = await stampOf(paths[at] ?? '');
		}
	};
	await Promise.all(Array.from({length: atOnce}, work));
}
