import {setImmediate as nextTurn, setTimeout as pause} from 'node:timers/promises';
import {MofaError} from '../../contract/error.ts';
import {Latch} from '../../lib/latch.ts';
import {MonoPieces} from '../../media/mono-pieces.ts';
import {audioPieces, type AudioInput} from '../audio-field.ts';

/** Milliseconds without sound after which a source is taken for somebody who is still speaking. */
const patience = 40;

/** Sound that is read while others compute, as far as two windows ahead, and forgotten once it is done with. */
export class SoundFeed {
	readonly #rate: number;
	readonly #most: number;
	readonly #signal: AbortSignal;
	#pieces: Float32Array[] = [];
	#held = 0;
	#heard = 0;
	#ended = false;
	#failure: unknown;
	#left = false;
	readonly #wake = new Latch();
	readonly #room = new Latch();

	/** `most` samples at `rate` are read ahead. */
	constructor(input: AudioInput, rate: number, most: number, signal: AbortSignal) {
		this.#rate = rate;
		this.#most = most;
		this.#signal = signal;
		void this.#read(input);
	}

	/** Samples that wait. */
	get held(): number {
		return this.#held;
	}

	/** Seconds that came in all. */
	get heardSeconds(): number {
		return this.#heard / this.#rate;
	}

	get ended(): boolean {
		return this.#ended;
	}

	/**
	 * Until `samples` are held or no more will come; and before that where `early` are held and the source takes its time.
	 * Throws what the source threw, or `cancelled`.
	 */
	async until(samples: number, early: number): Promise<void> {
		const abort = (): void => this.#wake.open();
		this.#signal.addEventListener('abort', abort, {once: true});
		try {
			while (this.#held < samples && !this.#ended && this.#failure === undefined && !this.#signal.aborted) {
				const before = this.#heard;
				if (this.#held < early) await this.#wake.wait();
				else {
					await Promise.race([this.#wake.wait(), pause(patience)]);
					// What came in while somebody computed is still on its way.
					for (let turn = 0; turn < 3 && this.#heard === before; turn += 1) await nextTurn();
					if (this.#heard === before && !this.#ended) break;
				}
			}
		} finally {
			this.#signal.removeEventListener('abort', abort);
		}
		if (this.#signal.aborted) throw new MofaError('cancelled', {});
		if (this.#failure !== undefined) throw this.#failure;
	}

	/** The first samples of what is held, as many as there are; a view where one piece has them all. */
	first(samples: number): Float32Array {
		const [only] = this.#pieces;
		const length = Math.min(samples, this.#held);
		if (only !== undefined && only.length >= length) return only.subarray(0, length);
		const sound = new Float32Array(length);
		let at = 0;
		for (const piece of this.#pieces) {
			if (at >= sound.length) break;
			sound.set(piece.subarray(0, sound.length - at), at);
			at += piece.length;
		}
		return sound;
	}

	drop(samples: number): void {
		let left = Math.min(samples, this.#held);
		this.#held -= left;
		while (left > 0) {
			const [piece] = this.#pieces;
			if (piece === undefined) break;
			if (piece.length <= left) this.#pieces.shift();
			else this.#pieces[0] = piece.subarray(left);
			left -= Math.min(piece.length, left);
		}
		if (this.#held < this.#most) this.#room.open();
	}

	/** The source may stop: nobody listens any more. */
	leave(): void {
		this.#left = true;
		this.#room.open();
	}

	async #read(input: AudioInput): Promise<void> {
		const mono = new MonoPieces(this.#rate);
		try {
			for await (const audio of audioPieces(input)) {
				for (const piece of mono.push(audio)) this.#take(piece);
				await this.#roomForMore();
				if (this.#left) return;
			}
			for (const piece of mono.end()) this.#take(piece);
			this.#ended = true;
		} catch (error) {
			this.#failure = error ?? new Error('the sound broke off');
		}
		this.#wake.open();
	}

	#take(piece: Float32Array): void {
		if (piece.length === 0) return;
		this.#pieces.push(piece);
		this.#held += piece.length;
		this.#heard += piece.length;
		this.#wake.open();
	}

	async #roomForMore(): Promise<void> {
		while (this.#held >= this.#most && !this.#left) await this.#room.wait();
	}
}
