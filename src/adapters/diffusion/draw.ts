import {randomInt} from 'node:crypto';
import {MofaError} from '../../contract/error.ts';
import type {RunContext} from '../../contract/task.ts';
import {gaussianNoise} from '../../lib/gaussian-noise.ts';
import {encodePng} from '../../media/picture/png.ts';
import type {Pixels} from '../../media/picture/pixels.ts';
import type {ImageEvent, ImageRequest} from '../../tasks/image.ts';
import {readConditioning, zeros, type Conditioning} from './conditioning.ts';
import {denoise, type NoiseSource, type StartLatents} from './denoise.ts';
import {joined} from './join.ts';
import {streams} from './noise.ts';
import {pictureText} from './picture-text.ts';
import {planDrawing, type Drawing} from './plan-drawing.ts';
import {preview} from './preview.ts';
import {decodeStart, keptPixels, latentMask, maskOf, planesOf, resized} from './start-picture.ts';
import type {Studio} from './studio.ts';

/** Seeds have 32 bits; the pictures after the first count on from it. */
const seeds = 2 ** 31;

/** 1. plan, 2. read the prompt, 3. draw one picture after the other. */
export async function* draw(studio: Studio, request: ImageRequest, context: RunContext): AsyncGenerator<ImageEvent> {
	const began = performance.now();
	// 1.
	const given = await decodeStart(request, context);
	const drawing = planDrawing(request, {...studio, ...studio.codec, picture: given?.picture ?? null});
	const start = given === null ? null : fitted(given, drawing);
	checkFillsIn(studio, start);
	for (const warning of drawing.warnings) context.warn(warning);
	// 2.
	const texts = await readTexts(studio, request, drawing, context);
	// 3.
	const seed = request.seed ?? randomInt(seeds);
	let steps = 0;
	for (let index = 0; index < (request.count ?? 1); index += 1) {
		for await (const event of drawOne({studio, request, drawing, start, texts, seed: seed + index, index, context})) {
			if (event.type === 'step-end') steps += 1;
			yield event;
		}
	}
	yield {
		type: 'image-end',
		usage: {steps, tokens: texts.at(-1)?.read ?? 0, computeMs: Math.round(performance.now() - began)},
	};
}

/** A picture and its mask at the size that is drawn. */
interface Start {
	readonly pixels: Pixels;
	readonly mask: Float32Array | null;
}

function fitted({picture, mask}: {picture: Pixels; mask: Pixels | null}, {width, height}: Drawing): Start {
	return {
		pixels: resized(picture, width, height),
		mask: mask === null ? null : maskOf(resized(mask, width, height)),
	};
}

function checkFillsIn({fillsIn}: Studio, start: Start | null): void {
	if (!fillsIn || (start !== null && start.mask !== null)) return;
	const path = start === null ? 'image' : 'mask';
	throw new MofaError('invalid-request', {path, expected: 'a picture and a mask: this model only fills in'});
}

/** What is not to be drawn comes first, where it counts at all. */
async function readTexts(
	{reader, configuration}: Studio,
	{prompt, negativePrompt}: ImageRequest,
	{steered}: Drawing,
	{signal, warn}: RunContext,
): Promise<readonly Conditioning[]> {
	const read = async (text: string, setting: string): Promise<Conditioning> => {
		const conditioning = await readConditioning(reader, text, signal);
		const {read: seen, all} = conditioning;
		if (seen < all)
			warn({setting, message: `the model reads ${seen} tokens of it; the ${all - seen} after them are left out`});
		return conditioning;
	};
	const wanted = await read(prompt, 'prompt');
	if (!steered) return [wanted];
	const nothing = negativePrompt === undefined && configuration.zerosForNothing;
	return [nothing ? zeros(wanted) : await read(negativePrompt ?? '', 'negativePrompt'), wanted];
}

interface OnePicture {
	readonly studio: Studio;
	readonly request: ImageRequest;
	readonly drawing: Drawing;
	readonly start: Start | null;
	readonly texts: readonly Conditioning[];
	readonly seed: number;
	readonly index: number;
	readonly context: RunContext;
}

async function* drawOne(one: OnePicture): AsyncGenerator<ImageEvent> {
	const {studio, request, drawing, start, texts, seed, index, context} = one;
	const {network, codec, model} = studio;
	const {signal} = context;
	const {schedule, shape, guidance} = drawing;
	const noise: NoiseSource = (stream, count) => gaussianNoise(seed, stream, count);
	const begun = start === null ? null : await startLatents(studio, drawing, start, noise, signal);
	const all = schedule.steps.length - schedule.first;
	let latents = begun?.latents ?? new Float32Array();
	for await (const step of denoise({
		network,
		schedule,
		shape,
		size: drawing,
		texts,
		guidance,
		noise,
		start: begun,
		signal,
	})) {
		latents = step.latents;
		const number = step.step - schedule.first + 1;
		const due = (request.previewEvery ?? 0) > 0 && number % (request.previewEvery ?? 1) === 0 && number < all;
		const seen = due ? {preview: await preview(codec, step.clean, shape, signal)} : {};
		yield {type: 'step-end', index, step: number, steps: all, ...seen};
		signal.throwIfAborted();
	}
	const drawn = await codec.decode(latents, shape, signal);
	const pixels = start === null || start.mask === null ? drawn : keptPixels(drawn, start.pixels, start.mask);
	const text = {...pictureText(request, drawing, seed, model.manifest.name)};
	const image = {bytes: encodePng(pixels, text), mediaType: 'image/png'} as const;
	yield {type: 'image', index, image, width: pixels.width, height: pixels.height, seed};
}

async function startLatents(
	{codec, fillsIn}: Studio,
	{shape, width, height, strength}: Drawing,
	{pixels, mask}: Start,
	noise: NoiseSource,
	signal: AbortSignal,
): Promise<StartLatents> {
	const count = shape.channels * shape.width * shape.height;
	const planes = planesOf(pixels);
	const encoded = (picture: Float32Array, stream: number): Promise<Float32Array> =>
		codec.encode(picture, shape, () => noise(stream, count), signal);
	const latents = await encoded(planes, streams.encoding);
	const small = mask === null ? null : latentMask(mask, width, height, codec.factor);
	const forgotten = mask !== null && strength === 1;
	if (!fillsIn || mask === null || small === null) return {latents, mask: small, beside: null, forgotten};
	const hidden = await encoded(
		planes.map((value, at) => (mask[at % mask.length] === 1 ? 0 : value)),
		streams.masked,
	);
	return {latents, mask: small, beside: joined([small, hidden]), forgotten};
}
