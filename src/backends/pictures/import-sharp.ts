import {createRequire} from 'node:module';
import type sharp from 'sharp';
import {runtimeEntry, unavailable} from '../onnx/runtime.ts';

/**
 * The codecs that come with the pack of ONNX Runtime, or lie in the checkout. One thread: cores are the scheduler's, and a
 * picture is a moment. Nothing decoded is kept.
 */
export async function importSharp(): Promise<typeof sharp> {
	const entry = runtimeEntry();
	if (entry === undefined) throw unavailable('not-installed');
	try {
		const library = createRequire(entry)('sharp') as typeof sharp;
		library.concurrency(1);
		library.cache(false);
		return library;
	} catch (error) {
		throw unavailable('crashed', undefined, error);
	}
}
