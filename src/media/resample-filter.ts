/** A low-pass filter cut into phases: row `p` holds the weights for an output that lies `p / phases` after an input. */
export interface ResampleFilter {
	/** Weights in a row, a multiple of four; an output needs this many inputs, half of them before it. */
	readonly taps: number;
	readonly phases: number;
	/** `phases + 1` rows: the last serves those who read between two. */
	readonly rows: Float64Array;
}

/** What remains of a tone that the new rate cannot hold. */
const stopbandDecibels = 80;
/** Of the lower Nyquist frequency: below it tones pass, above 1 they are gone, between they fade. */
const passband = 0.9;
/** Ratios of larger numbers read between rows; at 1,024 of them the error is some 110 dB down. */
export const mostExactPhases = 1024;

/**
 * A Kaiser-windowed sinc for the step from one rate to the other. `phases` is what the ratio needs, or fewer. Each row
 * adds up to one, so that silence and steady levels pass exactly.
 */
export function resampleFilter(from: number, to: number, phases: number): ResampleFilter {
	const lower = Math.min(from, to) / from;
	const beta = 0.1102 * (stopbandDecibels - 8.7);
	const cutoff = (lower * (1 + passband)) / 2;
	const transition = (lower * (1 - passband)) / 2;
	const taps = 4 * Math.ceil((stopbandDecibels - 7.95) / (14.36 * transition) / 4);
	const half = taps / 2;
	const rows = new Float64Array((phases + 1) * taps);
	const scale = 1 / bessel(beta);
	const row = new Float64Array(taps);
	for (let phase = 0; phase <= phases; phase += 1) {
		let sum = 0;
		for (let tap = 0; tap < taps; tap += 1) {
			const time = tap - half + 1 - phase / phases;
			const edge = 1 - (time / half) ** 2;
			const weight = edge < 0 ? 0 : sinc(cutoff * time) * bessel(beta * Math.sqrt(edge)) * scale;
			row[tap] = weight;
			sum += weight;
		}
		for (let tap = 0; tap < taps; tap += 1) rows[phase * taps + tap] = (row[tap] ?? 0) / sum;
	}
	return {taps, phases, rows};
}

function sinc(x: number): number {
	return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}

/** The modified Bessel function of the first kind, of order nought, by its series. */
function bessel(x: number): number {
	let term = 1;
	let sum = 1;
	for (let n = 1; term > sum * 1e-12; n += 1) {
		term *= (x / (2 * n)) ** 2;
		sum += term;
	}
	return sum;
}
