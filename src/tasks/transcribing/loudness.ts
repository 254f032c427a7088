/** Seconds of a block of which the loudness is taken. */
const blockSeconds = 0.1;
/** Root of the mean square below which nothing is there but a microphone: -60 dB of the loudest there can be. */
const audible = 0.001;

/** The root of the mean square by block of a tenth of a second; the last one may be shorter. Pure. */
export function loudness(sound: Float32Array, rate: number): Float32Array {
	const size = blockOf(rate);
	const levels = new Float32Array(Math.ceil(sound.length / size));
	for (let block = 0; block < levels.length; block += 1) levels[block] = level(sound, block * size, (block + 1) * size);
	return levels;
}

/** Nobody can be heard: models are known to make up words for such sound. */
export function isSilent(sound: Float32Array, rate: number): boolean {
	const size = blockOf(rate);
	for (let start = 0; start < sound.length; start += size)
		if (level(sound, start, start + size) >= audible) return false;
	return true;
}

const blockOf = (rate: number): number => Math.max(1, Math.round(rate * blockSeconds));

/** Multiplied and not raised to a power: that took six times as long. */
function level(sound: Float32Array, start: number, beyond: number): number {
	const end = Math.min(sound.length, beyond);
	let sum = 0;
	for (let at = start; at < end; at += 1) {
		const sample = sound[at] ?? 0;
		sum += sample * sample;
	}
	return Math.sqrt(sum / (end - start));
}

/** Where to cut a window that goes on: the middle of the quietest half a second in its last third, in samples. */
export function quietestCut(sound: Float32Array, rate: number, levels: Float32Array = loudness(sound, rate)): number {
	const width = 5;
	let best = levels.length;
	let least = Infinity;
	for (let block = Math.floor((levels.length * 2) / 3); block + width <= levels.length; block += 1) {
		const sum = levels.subarray(block, block + width).reduce((total, level) => total + level, 0);
		// Of two places that are alike the later one leaves more to hear at once.
		if (sum <= least) {
			least = sum;
			best = block + width / 2;
		}
	}
	return Math.min(sound.length, Math.round(best * blockSeconds * rate));
}

/** Blocks between two sentences, and the fewest that a piece before them has. */
const breath = 3;
const shortest = 10;

/**
 * Where the first pause for breath is that has speech before and behind it, in samples, shortly after its beginning; null where
 * there is none. What was trained on sentences hears them best one at a time. Pure.
 */
export function firstBreath(
	sound: Float32Array,
	rate: number,
	levels: Float32Array = loudness(sound, rate),
): number | null {
	const threshold = standsOut(levels);
	const first = levels.findIndex(level => level >= threshold);
	if (first < 0) return null;
	let quiet = 0;
	for (let block = first + shortest; block < levels.length; block += 1) {
		const speaks = (levels[block] ?? 0) >= threshold;
		if (speaks && quiet >= breath) return Math.round((block - quiet + 2) * blockSeconds * rate);
		quiet = speaks ? 0 : quiet + 1;
	}
	return null;
}

/** A tenth of the loudest, and never what is as good as silence. */
function standsOut(levels: Float32Array): number {
	return Math.max(1.5 * audible, levels.reduce((most, level) => Math.max(most, level), 0) / 10);
}

/** Blocks that make a pause. */
const pause = 8;

export interface Speech {
	/** In samples. */
	readonly start: number;
	readonly end: number;
	/** The speech is over: a pause came after it. */
	readonly over: boolean;
}

/** From the first to the last block that stands out; null where none does. Room is left around it. Pure. */
export function speechIn(sound: Float32Array, rate: number): Speech | null {
	const levels = loudness(sound, rate);
	const threshold = standsOut(levels);
	const first = levels.findIndex(level => level >= threshold);
	if (first < 0) return null;
	const last = levels.findLastIndex(level => level >= threshold);
	const samples = (block: number): number => Math.round(Math.max(0, block) * blockSeconds * rate);
	return {
		start: samples(first - 2),
		end: Math.min(sound.length, samples(last + 4)),
		over: levels.length - 1 - last >= pause && last - first >= 2,
	};
}
