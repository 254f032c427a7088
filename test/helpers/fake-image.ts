import type {Image} from '../../src/contract/media.ts';
import type {Warning} from '../../src/contract/task.ts';
import {encodePng} from '../../src/media/picture/png.ts';
import type {ImageEvent, ImageRequest} from '../../src/tasks/image.ts';

export interface FakeImageOptions {
	readonly warnings?: readonly Warning[];
	/** Fails in the middle of the picture of this number. */
	readonly broken?: {readonly index: number; readonly error: Error};
}

/**
 * Pictures as a model would send them: three steps each unless the request says otherwise, and the colour of each picture is
 * its seed, so that the same seed gives the same bytes.
 */
export async function* fakeImage(
	request: ImageRequest,
	{warnings = [], broken}: FakeImageOptions = {},
): AsyncGenerator<ImageEvent | {readonly type: 'warning'; readonly warning: Warning}> {
	const {width = 64, height = 64, steps = 3, count = 1, seed = 41, previewEvery = 0, prompt} = request;
	for (const warning of warnings) yield {type: 'warning', warning};
	for (let index = 0; index < count; index++) {
		for (let step = 1; step <= steps; step++) {
			const shown = previewEvery > 0 && step % previewEvery === 0;
			yield {type: 'step-end', index, step, steps, ...(shown ? {preview: plain(16, 16, step * 20)} : {})};
			if (broken?.index === index) throw broken.error;
		}
		const image = plain(width, height, seed + index, {prompt, seed: String(seed + index)});
		yield {type: 'image', index, image, width, height, seed: seed + index};
	}
	yield {type: 'image-end', usage: {steps: steps * count, tokens: 7, computeMs: 12}};
}

function plain(width: number, height: number, color: number, text?: Readonly<Record<string, string>>): Image {
	const data = new Uint8Array(width * height * 3).fill(color % 256);
	return {bytes: encodePng({data, width, height, channels: 3}, text), mediaType: 'image/png'};
}
