import {existsSync, readdirSync, readFileSync} from 'node:fs';
import path from 'node:path';
import type {AnyAdapter, LoadSettings} from '../../src/contract/adapter.ts';
import type {AnyEngine} from '../../src/contract/engine.ts';
import type {InstalledModel} from '../../src/contract/manifest.ts';
import type {Audio} from '../../src/contract/media.ts';
import {Descriptions} from '../../src/models/cache/descriptions.ts';
import {pathModel} from '../../src/models/path-model.ts';
import {parseWav} from '../../src/media/wav.ts';

const shared = path.resolve(import.meta.dirname, '../../../shared');

/** A file of the real models and recordings beside the checkout. */
export const sharedFile = (...names: readonly string[]): string => path.join(shared, ...names);

/** Says loudly that tests are skipped where a file is missing. */
export function isPresent(...files: readonly string[]): boolean {
	const missing = files.filter(file => !existsSync(file));
	for (const file of missing) console.warn(`SKIPPED: tests of real models and recordings need ${file}`);
	return missing.length === 0;
}

export function recording(...names: readonly string[]): Audio {
	const audio = parseWav(readFileSync(sharedFile('media', ...names)));
	if (audio === undefined) throw new Error(`no WAV file: ${names.join('/')}`);
	return audio;
}

/** Recordings of one word each, by several people. */
export function spokenWords(): ReadonlyArray<{readonly word: string; readonly file: string; readonly audio: Audio}> {
	return readdirSync(sharedFile('media/spoken-words')).flatMap(word =>
		readdirSync(sharedFile('media/spoken-words', word)).map(file => ({
			word,
			file,
			audio: recording('spoken-words', word, file),
		})),
	);
}

/** A model of a file or folder, as the program would open it by its path. */
export async function modelAt(file: string): Promise<InstalledModel> {
	return (await pathModel(file, new Descriptions())).installed;
}

export async function loadHere(
	adapter: AnyAdapter,
	model: InstalledModel,
	settings: LoadSettings = {},
): Promise<AnyEngine> {
	if (!adapter.serves(model.manifest, model.variant))
		throw new Error(`${adapter.name} does not serve ${model.manifest.family}`);
	const device = {platform: 'linux', arch: 'x64', pools: {ram: 8e9}, cores: 2, accelerators: []} as const;
	return adapter.load(model, {signal: new AbortController().signal, progress() {}, device, threads: 1, settings});
}

/** The same sound as a stream of pieces whose lengths come in turn. */
export async function* inPieces(audio: Audio, ...lengths: readonly number[]): AsyncGenerator<Audio> {
	for (let at = 0, turn = 0; at < audio.samples.length; turn += 1) {
		const length = (lengths[turn % lengths.length] ?? 1) * audio.channels;
		yield {...audio, samples: audio.samples.subarray(at, at + length)};
		at += length;
	}
}
