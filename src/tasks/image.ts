import * as z from 'zod';
import type {Image} from '../contract/media.ts';
import type {Task} from '../contract/task.ts';
import {parseWith} from './parse.ts';
import {imageStage} from './stage/image.ts';

export interface ImageRequest {
	/** What to draw. */
	readonly prompt: string;
	/** What not to draw, to models that were trained to be steered away. */
	readonly negativePrompt?: string | undefined;
	/** Pixels; absent: what the model was made for, or the size of `image`. */
	readonly width?: number | undefined;
	readonly height?: number | undefined;
	/** Absent: what the model was made for. */
	readonly steps?: number | undefined;
	/** How closely the prompt is followed; 1 or less: no steering. Absent: what the model was made for. */
	readonly guidance?: number | undefined;
	/** Of the first picture; each further one has the next number. Absent: drawn, and told with the picture. */
	readonly seed?: number | undefined;
	/** Pictures of the same prompt; absent: one. */
	readonly count?: number | undefined;
	/** A picture to begin from, in any format that can be read. */
	readonly image?: Image | undefined;
	/** How far to go from `image`: 0 keeps it, 1 forgets it. Absent: 0.8. */
	readonly strength?: number | undefined;
	/**
	 * Of the size of `image`: what is white is drawn anew, what is black stays. Of a mask that is transparent anywhere, what is
	 * transparent is drawn anew and all else stays.
	 */
	readonly mask?: Image | undefined;
	/** Absent: that of the model's own configuration. */
	readonly scheduler?: SchedulerName | undefined;
	/** A preview comes with every so many steps; absent or 0: none. */
	readonly previewEvery?: number | undefined;
}

export const schedulerNames = ['euler', 'euler-ancestral', 'ddim', 'lcm', 'dpm++-2m', 'flow-euler'] as const;
export type SchedulerName = (typeof schedulerNames)[number];

export type ImageEvent =
	/** A step of one picture is done; `index` is that of the picture, `step` counts from 1. `preview` is a small PNG. */
	| {
			readonly type: 'step-end';
			readonly index: number;
			readonly step: number;
			readonly steps: number;
			readonly preview?: Image | undefined;
	  }
	/** A picture is ready: a PNG with what it was made from in its text. */
	| {
			readonly type: 'image';
			readonly index: number;
			readonly image: Image;
			readonly width: number;
			readonly height: number;
			/** With the same request, size and device it gives the same bytes again. */
			readonly seed: number;
	  }
	| {readonly type: 'image-end'; readonly usage: ImageUsage};

export interface ImageUsage {
	/** Of all pictures together. */
	readonly steps: number;
	/** Tokens of the prompt that the model read. */
	readonly tokens: number;
	/** Milliseconds of computing. */
	readonly computeMs: number;
}

export interface DrawnImage {
	readonly image: Image;
	readonly width: number;
	readonly height: number;
	readonly seed: number;
}

export interface ImageResult {
	/** In the order of their numbers. */
	readonly images: readonly DrawnImage[];
	readonly usage: ImageUsage;
}

/** Pictures of one request. */
export const mostPictures = 16;
/** Characters; what the model cannot read of it is told by the model. */
const longestPrompt = 100_000;
/** Pixels of a side that anybody may ask for; a model's own limits are narrower. */
const longestSide = 8192;
/** Seeds are numbers of 32 bits, and the last picture of a request needs one too. */
const highestSeed = 2 ** 32 - 1 - mostPictures;

const picture = z.object({
	bytes: z.instanceof(Uint8Array, {error: 'the bytes of a picture'}),
	mediaType: z.templateLiteral(['image/', z.string()], 'image/png or another type of picture'),
});
const side = z
	.int('a whole number of pixels')
	.min(8, 'at least 8 pixels')
	.max(longestSide, `at most ${longestSide} pixels`);

const requestSchema: z.ZodType<ImageRequest> = z
	.strictObject({
		prompt: z.string('a text').max(longestPrompt, `at most ${longestPrompt} characters`),
		negativePrompt: z.string('a text').max(longestPrompt, `at most ${longestPrompt} characters`).optional(),
		width: side.optional(),
		height: side.optional(),
		steps: z.int('a whole number').min(1, 'at least 1').max(1000, 'at most 1000').optional(),
		guidance: z.number('a number').min(0, 'at least 0').max(100, 'at most 100').optional(),
		seed: z.int('a whole number').min(0, 'at least 0').max(highestSeed, `at most ${highestSeed}`).optional(),
		count: z.int('a whole number').min(1, 'at least 1').max(mostPictures, `at most ${mostPictures}`).optional(),
		image: picture.optional(),
		strength: z.number('a number').min(0, 'at least 0').max(1, 'at most 1').optional(),
		mask: picture.optional(),
		scheduler: z.enum(schedulerNames, schedulerNames.join(', ')).optional(),
		previewEvery: z.int('a whole number').min(0, 'at least 0').max(1000).optional(),
	})
	.refine(({mask, image}) => mask === undefined || image !== undefined, {
		path: ['image'],
		error: 'a picture that the mask is of',
	})
	.refine(({strength, image}) => strength === undefined || image !== undefined, {
		path: ['image'],
		error: 'a picture that the strength is about',
	});

/** Words in, pictures out. */
export const image: Task<ImageRequest, ImageEvent, ImageResult> = {
	name: 'image',
	accepts: ['text', 'image'],
	emits: ['image'],
	parse: request => parseWith(requestSchema, request),
	async collect(events) {
		const images: DrawnImage[] = [];
		for await (const event of events) {
			if (event.type === 'image') {
				const {image: drawn, width, height, seed} = event;
				images[event.index] = {image: drawn, width, height, seed};
			} else if (event.type === 'image-end') return {images, usage: event.usage};
		}
		throw new Error('the drawing ended without its closing event');
	},
	visible: event => event.type !== 'image-end',
	stage: imageStage,
};

declare module '../contract/task.ts' {
	interface Tasks {
		image: typeof image;
	}
}
