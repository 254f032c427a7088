import {cpSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {diffusion} from '../../src/adapters/diffusion.ts';
import type {LoadSettings} from '../../src/contract/adapter.ts';
import type {AnyEngine} from '../../src/contract/engine.ts';
import type {Image} from '../../src/contract/media.ts';
import type {Warning} from '../../src/contract/task.ts';
import {encodePng} from '../../src/media/picture/png.ts';
import {image, type ImageEvent, type ImageResult} from '../../src/tasks/image.ts';
import {loadHere, modelAt} from './real-sound.ts';
import {temporaryFolder} from './temporary-folder.ts';

const fixtures = path.resolve(import.meta.dirname, '../fixtures/diffusion');

/** Tiny models with random weights: sd, sd-fill, sdxl, lcm, sd3 and flux. */
export const diffusionFolder = (name: string): string => path.join(fixtures, name);

export const diffusionReference = <T>(name: string): T =>
	JSON.parse(readFileSync(path.join(fixtures, `${name}.json`), 'utf8')) as T;

export interface Changes {
	/** Files by their path in the folder. */
	readonly write?: Readonly<Record<string, unknown>>;
	readonly remove?: readonly string[];
}

/** A copy of one of them that a test may change. */
export function changedFolder(name: string, {write = {}, remove = []}: Changes): string {
	const folder = path.join(temporaryFolder(), name);
	cpSync(diffusionFolder(name), folder, {recursive: true});
	for (const file of remove) rmSync(path.join(folder, file), {recursive: true});
	for (const [file, content] of Object.entries(write))
		writeFileSync(
			path.join(folder, file),
			typeof content === 'string' || content instanceof Uint8Array ? content : JSON.stringify(content),
		);
	return folder;
}

export async function openPainter(folder: string, settings: LoadSettings = {}): Promise<AnyEngine> {
	return loadHere(diffusion, await modelAt(folder), settings);
}

export interface Asked {
	readonly signal?: AbortSignal;
	readonly warn?: (warning: Warning) => void;
}

export function draw(engine: AnyEngine, request: unknown, asked: Asked = {}): AsyncIterable<ImageEvent> {
	const handler = engine.tasks.image;
	if (handler === undefined) throw new Error('it does not draw');
	const {signal = new AbortController().signal, warn = () => undefined} = asked;
	return handler(image.parse(request), {signal, warn});
}

export const drawn = (engine: AnyEngine, request: unknown, asked: Asked = {}): Promise<ImageResult> =>
	image.collect(draw(engine, request, asked));

const side = 32;

/** The picture that the reference began from, by the same rule. */
export function parityPicture(): Image {
	const data = Uint8Array.from({length: side * side * 3}, (_, at) => {
		const [row, column] = [Math.floor(at / 3 / side), Math.floor(at / 3) % side];
		return [row * 7 + column * 3, row * 2 + column * 5 + 40, row * column][at % 3] ?? 0;
	});
	return {bytes: encodePng({data, width: side, height: side, channels: 3}), mediaType: 'image/png'};
}

/** Its left half is drawn anew. */
export function parityMask(): Image {
	const data = Uint8Array.from({length: side * side * 3}, (_, at) => (Math.floor(at / 3) % side < side / 2 ? 255 : 0));
	return {bytes: encodePng({data, width: side, height: side, channels: 3}), mediaType: 'image/png'};
}
