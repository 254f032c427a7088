import {setImmediate as nextTurn} from 'node:timers/promises';
import {MofaError} from '../contract/error.ts';
import type {Audio} from '../contract/media.ts';
import {untilAborted} from '../lib/until-aborted.ts';
import {checkedPieces} from '../media/checked-pieces.ts';
import {MonoPieces} from '../media/mono-pieces.ts';
import {audioPieces, type AudioInput} from './audio-field.ts';

/** What listening came to so far; whoever listens adds to it. */
export interface HeardTally {
	audioSeconds: number;
	/** Milliseconds of computing, without the time the sound took to come. */
	computeMs: number;
}

export interface HearOptions {
	/** Hertz. */
	readonly sampleRate: number;
	readonly signal: AbortSignal;
	readonly tally: HeardTally;
}

/**
 * Recorded or live sound as a model of one rate hears it: one channel, a second at most at once, and between two pieces
 * others get their turn. Throws `invalid-request` for what is no sound, `cancelled` as soon as the signal aborts.
 */
export async function* heardSound(
	input: AudioInput,
	{sampleRate, signal, tally}: HearOptions,
): AsyncGenerator<Float32Array> {
	const mono = new MonoPieces(sampleRate);
	const clock = new SoundClock();
	for await (const audio of untilAborted(audioPieces(input), signal)) {
		for (const piece of checkedPieces(audio)) {
			await nextTurn();
			if (signal.aborted) throw new MofaError('cancelled', {});
			tally.audioSeconds = clock.add(piece);
			yield* timed(tally, () => mono.push(piece));
		}
	}
	if (signal.aborted) throw new MofaError('cancelled', {});
	yield* timed(tally, () => mono.end());
}

/** Counts in samples, because seconds added up a million times are off. */
class SoundClock {
	#before = 0;
	#rate = 1;
	#frames = 0;

	/** Seconds so far. */
	add({samples, channels, sampleRate}: Audio): number {
		if (sampleRate !== this.#rate) {
			this.#before += this.#frames / this.#rate;
			this.#rate = sampleRate;
			this.#frames = 0;
		}
		this.#frames += samples.length / channels;
		return this.#before + this.#frames / this.#rate;
	}
}

/** Adds the time the work took. */
function timed<T>(tally: HeardTally, work: () => T): T {
	const started = performance.now();
	try {
		return work();
	} finally {
		tally.computeMs += performance.now() - started;
	}
}
