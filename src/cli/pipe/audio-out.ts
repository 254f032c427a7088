import type {Audio} from '../../contract/media.ts';
import {downMix} from '../../media/down-mix.ts';
import {toPcm16} from '../../media/pcm.ts';
import {Resampler} from '../../media/resampler.ts';
import type {SoundFormat} from '../speak/player.ts';
import type {Sink} from '../speak/sink.ts';

/** Sound for sinks. The first of it says how it is written; what comes otherwise, as of another voice, is brought to that. */
export class AudioOut {
	readonly #open: () => readonly Sink[];
	#sinks: readonly Sink[] = [];
	#format: SoundFormat | undefined;
	#resampler: {readonly rate: number; readonly resampler: Resampler} | undefined;

	/** `open` is called with the first sound, and again after an interruption. */
	constructor(open: () => readonly Sink[]) {
		this.#open = open;
	}

	async write(audio: Audio): Promise<void> {
		if (this.#sinks.length === 0) {
			this.#sinks = this.#open();
			this.#format ??= {sampleRate: audio.sampleRate, channels: audio.channels};
			for (const sink of this.#sinks) await sink.open(this.#format);
		}
		const pcm = toPcm16(this.#inFormat(audio));
		for (const sink of this.#sinks) await sink.write(pcm);
	}

	/** What there is stays usable. */
	async close(outcome: 'done' | 'cut'): Promise<void> {
		const sinks = this.#sinks;
		this.#sinks = [];
		for (const sink of sinks) await sink.close(outcome);
	}

	#inFormat({samples, sampleRate, channels}: Audio): Float32Array {
		const format = this.#format ?? {sampleRate, channels};
		if (format.sampleRate === sampleRate && format.channels === channels) return samples;
		const mono = downMix(samples, channels);
		const resampled = format.sampleRate === sampleRate ? mono : this.#resamplerFor(sampleRate, format).push(mono);
		return format.channels === 1
			? resampled
			: Float32Array.from({length: resampled.length * 2}, (_, at) => resampled[at >> 1] ?? 0);
	}

	#resamplerFor(rate: number, {sampleRate}: SoundFormat): Resampler {
		if (this.#resampler?.rate !== rate) this.#resampler = {rate, resampler: new Resampler(rate, sampleRate)};
		return this.#resampler.resampler;
	}
}
