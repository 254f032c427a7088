import {MofaError} from '../contract/error.ts';
import {PcmReader} from './pcm-reader.ts';
import {readWavHeader, WavProblem, type Want, type WavHeader} from './wav-header.ts';

const nothing = new Float32Array(0);

/**
 * A WAV file in pieces of any size, as they come. Keeps less than a header or a frame, however long the file is.
 * What follows the samples is passed over.
 */
export class WavReader {
	readonly #source: string;
	readonly #steps = readWavHeader();
	#want: Want;
	#taken: Uint8Array = new Uint8Array(0);
	#header: WavHeader | undefined;
	#samples: PcmReader | undefined;
	#received = 0;
	/** Bytes of samples still to come; infinite where the header does not say. */
	#left = Number.POSITIVE_INFINITY;

	/** `source` names the input in errors: a path, `stdin`, the field of a request. */
	constructor(source: string) {
		this.#source = source;
		const first = this.#steps.next();
		this.#want = first.done === true ? {skip: 0} : first.value;
	}

	/** Undefined until the bytes before the first sample have come. */
	get header(): WavHeader | undefined {
		return this.#header;
	}

	/** The whole frames that `bytes` completes, interleaved, in -1..1. Throws `invalid-request` for what is no WAV. */
	push(bytes: Uint8Array): Float32Array {
		this.#received += bytes.length;
		const at = this.#samples === undefined ? this.#readHeader(bytes) : 0;
		if (this.#samples === undefined) return nothing;
		const end = Math.min(bytes.length, at + this.#left);
		this.#left -= end - at;
		return this.#samples.push(bytes.subarray(at, end));
	}

	/**
	 * What was read, once all has been pushed. `cut` when the input ends before the samples it announced, or inside a
	 * frame; what is whole was given back. Throws `invalid-request` where it ends before the first sample could be.
	 */
	end(): {readonly frames: number; readonly cut: boolean} {
		if (this.#samples === undefined)
			throw this.#invalid(this.#received === 0 ? 'audio, not 0 bytes' : this.#cutHeader());
		const {frames, heldBytes} = this.#samples;
		return {frames, cut: heldBytes > 0 || (Number.isFinite(this.#left) && this.#left > 0)};
	}

	/** Where the samples begin in `bytes`, or its length when the header goes on. */
	#readHeader(bytes: Uint8Array): number {
		let at = 0;
		while (this.#header === undefined) {
			const left = bytes.length - at;
			if ('skip' in this.#want) {
				const skipped = Math.min(left, this.#want.skip);
				at += skipped;
				this.#want = {skip: this.#want.skip - skipped};
				if (this.#want.skip > 0) return at;
				this.#step(new DataView(new ArrayBuffer(0)));
			} else {
				const taken = bytes.subarray(at, at + this.#want.take - this.#taken.length);
				at += taken.length;
				this.#taken = Buffer.concat([this.#taken, taken]);
				if (this.#taken.length < this.#want.take) return at;
				const view = new DataView(this.#taken.buffer, this.#taken.byteOffset, this.#taken.length);
				this.#taken = new Uint8Array(0);
				this.#step(view);
			}
		}
		return at;
	}

	#step(view: DataView): void {
		const next = this.#guarded(() => this.#steps.next(view));
		if (next.done !== true) {
			this.#want = next.value;
			return;
		}
		this.#header = next.value;
		this.#samples = new PcmReader(next.value);
		this.#left = next.value.dataBytes ?? Number.POSITIVE_INFINITY;
	}

	#guarded<T>(work: () => T): T {
		try {
			return work();
		} catch (error) {
			throw error instanceof WavProblem ? this.#invalid(error.message, error) : error;
		}
	}

	#cutHeader(): string {
		return `a WAV file with samples; the input ends after ${this.#received} bytes, before the first`;
	}

	#invalid(expected: string, cause?: Error): MofaError<'invalid-request'> {
		return new MofaError('invalid-request', {path: this.#source, expected}, cause === undefined ? {} : {cause});
	}
}
