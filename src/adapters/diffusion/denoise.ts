import type {Conditioning} from './conditioning.ts';
import type {LatentShape, Network} from './network.ts';
import {streams} from './noise.ts';
import {takeStep, type Level, type Schedule} from './schedulers/schedule.ts';

/** Noise of a normal distribution, the same for the same stream. */
export type NoiseSource = (stream: number, count: number) => Float32Array;

export interface Denoising {
	readonly network: Network;
	readonly schedule: Schedule;
	readonly shape: LatentShape;
	/** Pixels. */
	readonly size: {readonly width: number; readonly height: number};
	/** What is not to be drawn, where the network is asked twice, and the prompt last. */
	readonly texts: readonly Conditioning[];
	readonly guidance: number;
	readonly noise: NoiseSource;
	readonly start: StartLatents | null;
	readonly signal: AbortSignal;
}

export interface StartLatents {
	/** The picture that is begun from. */
	readonly latents: Float32Array;
	/** 1 where it is drawn anew, 0 where it stays; null: it is all drawn anew. */
	readonly mask: Float32Array | null;
	/** The network is shown the mask itself, in these channels. */
	readonly beside: Float32Array | null;
	/** Nothing of it is left to begin from. */
	readonly forgotten: boolean;
}

export interface DenoisedStep {
	/** From 0. */
	readonly step: number;
	readonly latents: Float32Array;
	/** The finished picture as the network sees it from here. */
	readonly clean: Float32Array;
}

/** From noise, or a picture with noise on it, to a picture; the last latents are the answer. */
export async function* denoise(task: Denoising): AsyncGenerator<DenoisedStep, Float32Array> {
	const {schedule, network, shape, size, texts, guidance, noise, start, signal} = task;
	const count = shape.channels * shape.width * shape.height;
	const first = noise(streams.start, count);
	let latents = begin(task, first);
	let before: Float32Array | null = null;
	for (let step = schedule.first; step < schedule.steps.length; step += 1) {
		const factors = schedule.steps[step];
		if (factors === undefined) break;
		const sample = factors.input === 1 ? latents : latents.map(value => value * factors.input);
		const timestep = schedule.timesteps[step] ?? 0;
		const beside = start?.beside ?? null;
		const answers = await network.predict({sample, shape, timestep, texts, guidance, beside, size, signal});
		const output = steered(answers, guidance);
		const fresh = (): Float32Array => noise(streams.steps + step, count);
		const stepped = takeStep(factors, {sample: latents, output, before, noise: fresh});
		before = stepped.clean;
		latents = start === null ? stepped.sample : withKept(stepped.sample, start, first, schedule.steps[step + 1]?.level);
		yield {step, latents, clean: stepped.clean};
	}
	return latents;
}

function begin({schedule, start}: Denoising, noise: Float32Array): Float32Array {
	if (start === null || start.forgotten) return noise.map(value => value * schedule.startScale);
	const level = schedule.steps[schedule.first]?.level;
	return level === undefined ? start.latents : mixed(start.latents, noise, level);
}

/** Away from what is not to be drawn, as far as the guidance says. */
function steered(answers: readonly Float32Array[], guidance: number): Float32Array {
	const [away, towards] = answers;
	if (away === undefined) throw new Error('the network did not answer');
	if (towards === undefined) return away;
	return away.map((value, at) => value + guidance * ((towards[at] ?? 0) - value));
}

/** What stays is put back after each step, with as much noise as the rest has. */
function withKept(
	latents: Float32Array,
	{latents: picture, mask, beside}: StartLatents,
	noise: Float32Array,
	level: Level | undefined,
): Float32Array {
	if (mask === null || beside !== null) return latents;
	const kept = level === undefined ? picture : mixed(picture, noise, level);
	return latents.map((value, at) => {
		const share = mask[at % mask.length] ?? 1;
		return share * value + (1 - share) * (kept[at] ?? 0);
	});
}

const mixed = (picture: Float32Array, noise: Float32Array, level: Level): Float32Array =>
	picture.map((value, at) => level.signal * value + level.noise * (noise[at] ?? 0));
