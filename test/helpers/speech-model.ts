import {readdir, readFile, stat} from 'node:fs/promises';
import path from 'node:path';
import type {AnyAdapter} from '../../src/contract/adapter.ts';
import type {AnyEngine} from '../../src/contract/engine.ts';
import type {InstalledModel} from '../../src/contract/manifest.ts';
import type {Audio} from '../../src/contract/media.ts';
import type {Warning} from '../../src/contract/task.ts';
import {buildsOf} from '../../src/models/cache/builds-of.ts';
import {describeBuild, manifestOf, type LocalFile} from '../../src/models/cache/describe-build.ts';
import {
	transcription,
	type TranscriptionEvent,
	type TranscriptionRequest,
	type TranscriptionResult,
} from '../../src/tasks/transcription.ts';
import {repositoryRoot} from './bundle.ts';

export const device = {platform: 'linux', arch: 'x64', pools: {ram: 8e9}, cores: 2, accelerators: []} as const;

/** Tiny models with random weights, in the layout of real repositories; `test/parity` makes them. */
export const asrFixture = (name: string): string => path.join(repositoryRoot, 'test/fixtures/asr', name);

/** The first build in a folder, as the library describes it. */
export async function folderModel(folder: string): Promise<InstalledModel> {
	const names = await readdir(folder, {recursive: true, withFileTypes: true});
	const files: LocalFile[] = [];
	for (const entry of names.filter(name => name.isFile())) {
		const file = path.join(entry.parentPath, entry.name);
		files.push({file: path.relative(folder, file), path: file, bytes: (await stat(file)).size});
	}
	const [build] = buildsOf(files);
	if (build === undefined) throw new Error(`no model in ${folder}`);
	return {id: folder, ...manifestOf(folder, build, await describeBuild(build, files, folder))};
}

export async function loadAdapter(adapter: AnyAdapter, model: InstalledModel): Promise<AnyEngine> {
	const signal = new AbortController().signal;
	return adapter.load(model, {signal, progress() {}, device, threads: 1, settings: {}});
}

export interface HearOptions {
	readonly signal?: AbortSignal;
	readonly warnings?: Warning[];
}

export function transcriptionEvents(
	engine: AnyEngine,
	request: TranscriptionRequest,
	{signal = new AbortController().signal, warnings}: HearOptions = {},
): AsyncIterable<TranscriptionEvent> {
	const handler = engine.tasks.transcription;
	if (handler === undefined) throw new Error('it does not transcribe');
	return handler(request, {signal, warn: warning => void warnings?.push(warning)});
}

export const transcribed = (
	engine: AnyEngine,
	request: TranscriptionRequest,
	options?: HearOptions,
): Promise<TranscriptionResult> => transcription.collect(transcriptionEvents(engine, request, options));

export const mono = (samples: Float32Array, sampleRate = 16_000): Audio => ({samples, sampleRate, channels: 1});

/** The same sound as `sound` of test/parity/layout.py. */
export function parityTone(seconds: number, seed: number, rate = 16_000): Float32Array {
	return Float32Array.from({length: Math.round(seconds * rate)}, (_, index) => {
		const time = index / rate;
		let wave = 0;
		for (let number = 0; number < 12; number += 1) {
			const turns = (110 * (number + 1) + 37 * seed) * time * (1 + (0.05 * number * time) / seconds);
			wave += Math.sin(2 * Math.PI * turns + number) / (number + 1);
		}
		return 0.1 * wave * (0.55 + 0.45 * Math.sin(2 * Math.PI * 2.3 * time + seed));
	});
}

/** Some numbers of a tensor, as test/parity writes them. */
export interface Sample {
	readonly shape: readonly number[];
	readonly mean: number;
	readonly absolute: number;
	readonly step: number;
	readonly values: readonly number[];
}

/** How far `data` is from the sample at most: a number, or the mean of all. */
export function distance(data: Float32Array, sample: Sample): number {
	if (data.length !== sample.shape.reduce((product, size) => product * size, 1)) return Infinity;
	const mean = data.reduce((sum, value) => sum + value, 0) / data.length;
	const absolute = data.reduce((sum, value) => sum + Math.abs(value), 0) / data.length;
	const values = sample.values.map((value, index) => Math.abs(value - (data[index * sample.step] ?? Number.NaN)));
	return Math.max(Math.abs(mean - sample.mean), Math.abs(absolute - sample.absolute), ...values);
}

export async function reference<T>(name: string): Promise<T> {
	return JSON.parse(await readFile(path.join(asrFixture(name), 'reference.json'), 'utf8')) as T;
}
