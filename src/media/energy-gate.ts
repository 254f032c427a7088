/** Seconds that one probability speaks for. */
const frameSeconds = 0.02;
/** Hertz: rumble, hum and offset below it say nothing of a voice. */
const lowest = 120;
/** Decibels against full scale: quieter is silence, whatever is around it. */
const quietest = -58;
/** Decibels above the noise where it is as likely a voice as not: for tones, and for what hisses. */
const margin = {voiced: 9, hissing: 16} as const;
/** Zero crossings for each sample: vowels lie below, sibilants and white noise above. */
const crossings = {voiced: 0.25, hissing: 0.45} as const;
/** Decibels around the margin over which no becomes yes. */
const softness = 1.5;
/** Seconds after which a level that never fell is the noise of the place: syllables are shorter. */
const memory = {parts: 8, seconds: 2} as const;
const framesInPart = Math.round(memory.seconds / memory.parts / frameSeconds);
/** Decibels and seconds: what is believed of the place at first, for those who speak from the first sample on. */
const assumed = {floor: -48, seconds: 0.5} as const;

/**
 * How likely it is that somebody speaks, by loudness over the quietest of the last two seconds, and by how often the signal
 * crosses nought. Knows nothing of voices: a door that slams passes too. Works on one sound, frame after frame.
 */
export class EnergyGate {
	/** Samples of a frame. */
	readonly frameSamples: number;
	readonly sampleRate: number;
	readonly #pole: number;
	#last = 0;
	#filtered = 0;
	#smooth: number | undefined;
	/** The quietest level in each part of the memory, the newest last. */
	readonly #quietest: number[] = [Infinity];
	#frames = 0;

	constructor(sampleRate: number) {
		this.sampleRate = sampleRate;
		this.frameSamples = Math.round(sampleRate * frameSeconds);
		this.#pole = Math.exp((-2 * Math.PI * lowest) / sampleRate);
	}

	/** 0..1, of a frame of one channel. */
	probability(frame: Float32Array): number {
		const {level, crossingRate} = this.#measure(frame);
		const floor = this.#floor(level);
		if (level < quietest) return 0;
		const hiss = clamp((crossingRate - crossings.voiced) / (crossings.hissing - crossings.voiced));
		const needed = margin.voiced + hiss * (margin.hissing - margin.voiced);
		return 1 / (1 + Math.exp((needed - (level - floor)) / softness));
	}

	#measure(frame: Float32Array): {readonly level: number; readonly crossingRate: number} {
		let energy = 0;
		let changes = 0;
		for (const sample of frame) {
			const filtered = this.#pole * (this.#filtered + sample - this.#last);
			if (filtered < 0 !== this.#filtered < 0) changes += 1;
			energy += filtered * filtered;
			this.#filtered = filtered;
			this.#last = sample;
		}
		return {level: 10 * Math.log10(energy / frame.length + 1e-12), crossingRate: changes / frame.length};
	}

	/** The noise of the place: the quietest that the smoothed level was within the memory. */
	#floor(level: number): number {
		this.#smooth = this.#smooth === undefined ? level : this.#smooth + (level - this.#smooth) * 0.4;
		const newest = this.#quietest.length - 1;
		this.#quietest[newest] = Math.min(this.#quietest[newest] ?? level, this.#smooth);
		const floor = Math.min(...this.#quietest, this.#frames * frameSeconds < assumed.seconds ? assumed.floor : Infinity);
		this.#frames += 1;
		if (this.#frames % framesInPart === 0) {
			this.#quietest.push(Infinity);
			if (this.#quietest.length > memory.parts) this.#quietest.shift();
		}
		return Math.max(floor, quietest - margin.voiced);
	}
}

const clamp = (value: number): number => Math.max(0, Math.min(1, value));
