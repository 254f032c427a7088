import {setImmediate as nextTurn} from 'node:timers/promises';
import {MofaError} from '../contract/error.ts';
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
	for await (const audio of untilAborted(audioPieces(input), signal)) {
		for (const piece of checkedPieces(audio)) {
			await nextTurn();
			if (signal.aborted) throw new MofaError('cancelled', {});
			tally.audioSeconds += piece.samples.length / piece.channels / piece.sampleRate;
			yield* timed(tally, () => mono.push(piece));
		}
	}
	if (signal.aborted) throw new MofaError('cancelled', {});
	yield* timed(tally, () => mono.end());
}

/** Adds the time the work took. */
export function timed<T>(tally: HeardTally, work: () => T): T {
	const started = performance.now();
	try {
		return work();
	} finally {
		tally.computeMs += performance.now() - started;
	}
}
