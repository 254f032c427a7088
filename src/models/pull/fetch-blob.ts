import {MofaError} from '../../contract/error.ts';
import {fileError} from '../cache/layout.ts';
import type {FileLocation, Hub} from '../hub/hub.ts';
import {BlobFetch, keepsNothing} from './blob-fetch.ts';
import {removePartial, type Partial} from './partial.ts';

export interface FetchOptions {
	readonly hub: Hub;
	readonly location: FileLocation;
	readonly partial: Partial;
	readonly signal: AbortSignal;
	readonly onRetry: (problem: string, waitMs: number) => void;
	/** Milliseconds without a byte after which a connection is given up; its bytes are kept. */
	readonly stallMs?: number;
}

/** What arrived wrong once is fetched a second time as a whole only when it is not longer than this. */
const worthSecondCopy = 2 ** 30;
/** Times that the disk may have lost something of what was written to it. */
const mostLosses = 3;

/**
 * Fetches what is missing of a file and hashes all of it. When the hash is wrong at the end, parts that the disk lost are
 * fetched again; where the disk holds what came, a second copy is fetched of a file that is not too long. What is wrong
 * even then is discarded: `content-mismatch`. Every other failure keeps what is there.
 */
export async function fetchBlob(options: FetchOptions): Promise<void> {
	const {partial, location, onRetry} = options;
	let second = false;
	for (let losses = 0; ;) {
		const digest = await new BlobFetch(options).run();
		if (digest === location.etag) return;
		const lost = await forgetLost(partial);
		if (lost > 0) {
			losses += 1;
			if (losses > mostLosses) throw fileError(partial.path, keepsNothing);
			onRetry(`${lost} parts of it are not on the disk as they were written`, 0);
			continue;
		}
		if (second || partial.facts.totalBytes > worthSecondCopy) {
			await partial.close();
			await removePartial(partial.path);
			throw new MofaError('content-mismatch', {
				file: location.file,
				expected: `the hash ${location.etag}`,
				found: `${digest}, so what came was discarded`,
			});
		}
		second = true;
		onRetry('its hash is wrong, and nothing tells where: a second copy is fetched', 0);
		for (const part of partial.parts) await partial.forget(part);
	}
}

/** How many parts the disk does not hold any more as the journal says. They are waiting again. */
async function forgetLost(partial: Partial): Promise<number> {
	const memory = Buffer.allocUnsafe(partial.facts.partBytes);
	let lost = 0;
	for (const part of partial.parts) {
		if (await partial.holds(part, memory)) continue;
		await partial.forget(part);
		lost += 1;
	}
	return lost;
}
