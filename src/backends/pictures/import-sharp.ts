import {existsSync} from 'node:fs';
import {createRequire} from 'node:module';
import type sharp from 'sharp';
import {MofaError} from '../../contract/error.ts';
import {runtimeEntry, unavailable} from '../onnx/runtime.ts';

/**
 * The codecs that come with the pack of ONNX Runtime, or lie in the checkout. One thread: cores are the scheduler's, and a
 * picture is a moment. Nothing decoded is kept. Throws `backend-unavailable` naming the pack.
 */
export async function importSharp(): Promise<typeof sharp> {
	const entry = runtimeEntry() ?? entryInstalledSince();
	if (entry === undefined) throw notInstalled();
	try {
		const library = createRequire(entry)('sharp') as typeof sharp;
		library.concurrency(1);
		library.cache(false);
		return library;
	} catch (error) {
		throw unavailable('crashed', undefined, error);
	}
}

/** Engines that answer without a picture are loaded without the pack, which may come while they are. */
function entryInstalledSince(): string | undefined {
	const place = process.env['MOFA_PICTURES_RUNTIME'];
	return place !== undefined && existsSync(place) ? place : undefined;
}

const notInstalled = (): MofaError =>
	new MofaError('backend-unavailable', {
		backend: 'onnx',
		reason: 'not-installed',
		hint: 'the codecs that read pictures come with it: mofa backend install onnx-cpu',
		pack: {name: 'onnx-cpu', bytes: null},
	});
