import {describe, expect, it, onTestFinished, test} from 'vitest';
import {decodeStart, latentMask, maskOf, planesOf} from '../../src/adapters/diffusion/start-picture.ts';
import {readConditioning, zeros} from '../../src/adapters/diffusion/conditioning.ts';
import {denoise, type StartLatents} from '../../src/adapters/diffusion/denoise.ts';
import {joined} from '../../src/adapters/diffusion/join.ts';
import {streams} from '../../src/adapters/diffusion/noise.ts';
import {planDrawing} from '../../src/adapters/diffusion/plan-drawing.ts';
import {openStudio, type Studio} from '../../src/adapters/diffusion/studio.ts';
import {readPrompt} from '../../src/adapters/diffusion/text.ts';
import {gaussianNoise} from '../../src/lib/gaussian-noise.ts';
import {decodePng} from '../../src/media/picture/png.ts';
import {image, type ImageRequest} from '../../src/tasks/image.ts';
import {
	changedFolder,
	diffusionFolder,
	diffusionReference,
	drawn,
	openPainter,
	parityMask,
	parityPicture,
} from '../helpers/diffusion.ts';
import {openOnnx} from '../helpers/onnx.ts';
import {modelAt} from '../helpers/real-sound.ts';
import {testDevice} from '../helpers/stories.ts';

interface Pipeline {
	readonly folder: string;
	readonly request: Readonly<Record<string, unknown>>;
	readonly scheduler: Readonly<Record<string, unknown>>;
	readonly latents: readonly number[];
	/** Base64 of red, green and blue. */
	readonly pixels: string;
	readonly without?: readonly string[];
}

interface Text {
	readonly folder: string;
	readonly part: string;
	readonly text: string;
	readonly length: number;
	readonly layer: 'last' | 'last but one';
	readonly ids: readonly number[];
	/** Every third number. */
	readonly hidden: readonly number[];
	readonly pooled: readonly number[] | null;
}

const {signal} = new AbortController();
const context = {signal, warn() {}};

async function studioOf(folder: string): Promise<Studio> {
	const session = await openOnnx();
	return openStudio({model: await modelAt(folder), session, device: testDevice, options: {}, progress() {}, signal});
}

const difference = (found: ArrayLike<number>, wanted: ArrayLike<number>): number =>
	found.length === wanted.length
		? Array.from(wanted).reduce((most, value, at) => Math.max(most, Math.abs((found[at] ?? NaN) - value)), 0)
		: Infinity;

describe('prompts, beside transformers', () => {
	const texts = diffusionReference<readonly Text[]>('texts');
	it.each(texts.map(one => [`${one.folder}/${one.part}: ${JSON.stringify(one.text)}`, one] as const))(
		'%s',
		async (_, one) => {
			const {reader} = await studioOf(diffusionFolder(one.folder));
			const encoder = reader.encoders.find(({folder}) => folder === one.part);
			if (encoder === undefined) throw new Error('it has no such encoder');
			const read = await readPrompt(encoder, one.text, {...reader, layer: one.layer, length: one.length, signal});
			expect(read.row.ids).toEqual(one.ids);
			expect(
				difference(
					read.hidden.filter((_value, at) => at % 3 === 0),
					one.hidden,
				),
			).toBeLessThan(1e-4);
			if (one.pooled !== null) expect(difference(read.pooled ?? [], one.pooled)).toBeLessThan(1e-4);
		},
	);
});

describe('pipelines, beside diffusers', () => {
	const pipelines = diffusionReference<readonly Pipeline[]>('pipelines');
	it.each(
		pipelines.map(
			(one, at) =>
				[`${at}: ${one.folder}, ${String(one.scheduler['_class_name'])} ${JSON.stringify(one.request)}`, one] as const,
		),
	)('%s', async (_, one) => {
		const folder = changedFolder(one.folder, {
			write: {'scheduler/scheduler_config.json': one.scheduler},
			...(one.without === undefined ? {} : {remove: one.without}),
		});
		const request = image.parse({
			...one.request,
			...(one.request['image'] === true ? {image: parityPicture()} : {}),
			...(one.request['mask'] === true ? {mask: parityMask()} : {}),
		});
		expect(difference(await latentsOf(await studioOf(folder), request), one.latents)).toBeLessThan(1e-4);
		const engine = await openPainter(folder);
		onTestFinished(() => engine[Symbol.asyncDispose]());
		const {images} = await drawn(engine, request);
		const {data} = decodePng(images[0]?.image.bytes ?? new Uint8Array()).pixels;
		const wanted = Buffer.from(one.pixels, 'base64');
		// What stays is that of the old picture here, and what the codec makes of it there.
		const anew = one.request['mask'] === true ? (at: number): boolean => Math.floor(at / 3) % 32 < 16 : () => true;
		expect(
			difference(
				data.filter((_value, at) => anew(at)),
				wanted.filter((_value, at) => anew(at)),
			),
		).toBeLessThanOrEqual(1);
	});
});

test('exports for browsers, in half precision and of one size, draw nearly the same', async () => {
	const one = diffusionReference<readonly Pipeline[]>('pipelines').find(
		({folder, scheduler}) => folder === 'sd' && scheduler['_class_name'] === 'DDIMScheduler',
	);
	if (one === undefined) throw new Error('the reference lacks it');
	const folder = changedFolder('sd-fp16', {write: {'scheduler/scheduler_config.json': one.scheduler}});
	const engine = await openPainter(folder);
	onTestFinished(() => engine[Symbol.asyncDispose]());
	expect(engine.facts).toMatchObject({width: 32, height: 32});
	const {images} = await drawn(engine, one.request);
	const {data} = decodePng(images[0]?.image.bytes ?? new Uint8Array()).pixels;
	const wanted = Buffer.from(one.pixels, 'base64');
	const mean = data.reduce((sum, value, at) => sum + Math.abs(value - (wanted[at] ?? 0)), 0) / data.length;
	expect(mean).toBeLessThan(1);
	await expect(drawn(engine, {prompt: 'x', width: 64})).rejects.toMatchObject({
		code: 'invalid-request',
		data: {path: 'width', expected: '32, the only one of this model'},
	});
});

/** What the adapter does before it decodes. */
async function latentsOf(studio: Studio, request: ImageRequest): Promise<Float32Array> {
	const {network, codec, reader, configuration, habits, multiple} = studio;
	const given = await decodeStart(request, context);
	const drawing = planDrawing(request, {
		habits,
		network,
		multiple,
		channels: codec.channels,
		factor: codec.factor,
		picture: given?.picture ?? null,
	});
	const {shape, schedule, guidance, steered, width, height} = drawing;
	const wanted = await readConditioning(reader, request.prompt, signal);
	const nothing = request.negativePrompt === undefined && configuration.zerosForNothing;
	const away = nothing ? zeros(wanted) : await readConditioning(reader, request.negativePrompt ?? '', signal);
	const noise = (stream: number, count: number): Float32Array => gaussianNoise(request.seed ?? 0, stream, count);
	let start: StartLatents | null = null;
	if (given !== null) {
		const planes = planesOf(given.picture);
		const encode = (values: Float32Array, stream: number): Promise<Float32Array> =>
			codec.encode(values, shape, () => noise(stream, shape.channels * shape.width * shape.height), signal);
		const latents = await encode(planes, streams.encoding);
		const mask = given.mask === null ? null : maskOf(given.mask);
		const small = mask === null ? null : latentMask(mask, width, height, codec.factor);
		const hidden = planes.map((value, at) => (mask?.[at % mask.length] === 1 ? 0 : value));
		const beside = studio.fillsIn && small !== null ? joined([small, await encode(hidden, streams.masked)]) : null;
		start = {latents, mask: small, beside, forgotten: mask !== null && request.strength === 1};
	}
	let latents = new Float32Array();
	const texts = steered ? [away, wanted] : [wanted];
	for await (const step of denoise({network, schedule, shape, size: drawing, texts, guidance, noise, start, signal}))
		latents = Float32Array.from(step.latents);
	return latents;
}
