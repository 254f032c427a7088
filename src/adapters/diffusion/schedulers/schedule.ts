/**
 * The way from noise to a picture, as numbers only: at each step the network looks at the sample, and what it answers is
 * mixed into the next one. All schedulers here are linear in the sample, the answer and fresh noise, so that what tells
 * them apart is a table of factors.
 */
export interface Schedule {
	/** What the network is told at each step. */
	readonly timesteps: readonly number[];
	/** Noise levels as the reference implementation of the scheduler lists them; one more than there are steps where it does. */
	readonly sigmas: readonly number[];
	/** Standard deviation of the sample that a picture from nothing begins as. */
	readonly startScale: number;
	/** The first step that is taken; more than 0 where the picture begins from another one. */
	readonly first: number;
	readonly steps: readonly StepFactors[];
}

export interface StepFactors {
	/** The network sees the sample times this. */
	readonly input: number;
	/** A finished picture as it would stand before this step: `signal × picture + noise × noise`. */
	readonly level: Level;
	/** The finished picture as the network sees it from here: `ofSample × sample + ofOutput × output`. */
	readonly clean: {readonly ofSample: number; readonly ofOutput: number};
	/** The finished picture is kept within ± this; null: it is left as it is. */
	readonly clip: number | null;
	/** The next sample is the sum of these, each times its factor. */
	readonly next: NextFactors;
}

export interface Level {
	readonly signal: number;
	readonly noise: number;
}

export interface NextFactors {
	readonly sample: number;
	/** The finished picture, within its bounds. */
	readonly clean: number;
	/** The same, before it was brought within them. */
	readonly unclipped: number;
	/** The finished picture as the step before saw it. */
	readonly before: number;
	/** Fresh noise; 0: none is drawn. */
	readonly noise: number;
}

export interface Stepped {
	readonly sample: Float32Array;
	readonly clean: Float32Array;
}

/** One step. `before` is the finished picture of the step before, where there was one. Pure; the noise is drawn when it is needed. */
export function takeStep(
	{clean, clip, next}: StepFactors,
	{
		sample,
		output,
		before,
		noise,
	}: {sample: Float32Array; output: Float32Array; before: Float32Array | null; noise: () => Float32Array},
): Stepped {
	const fresh = next.noise === 0 ? null : noise();
	const finished = new Float32Array(sample.length);
	const following = new Float32Array(sample.length);
	for (let at = 0; at < sample.length; at += 1) {
		const value = sample[at] ?? 0;
		const seen = clean.ofSample * value + clean.ofOutput * (output[at] ?? 0);
		const kept = clip === null ? seen : Math.max(-clip, Math.min(clip, seen));
		finished[at] = kept;
		let sum = next.sample * value + next.clean * kept + next.unclipped * seen;
		if (before !== null) sum += next.before * (before[at] ?? 0);
		if (fresh !== null) sum += next.noise * (fresh[at] ?? 0);
		following[at] = sum;
	}
	return {sample: following, clean: finished};
}

export const nothing: NextFactors = {sample: 0, clean: 0, unclipped: 0, before: 0, noise: 0};
