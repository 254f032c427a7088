import {setImmediate as nextTurn} from 'node:timers/promises';
import {MofaError} from '../../contract/error.ts';
import type {Embedder} from './embedder.ts';
import type {VisionFamily} from './families.ts';
import type {MemoryDecoder} from '../../backends/onnx/memory-decoder.ts';
import {positionsOf} from './positions.ts';
import type {PictureRow, Prompt} from './prompt.ts';
import type {VisionSettings} from './settings.ts';

/** What reads a prompt and writes after it. */
export interface Writer {
	/** The logits are those of the next token; `cached` tokens of the prompt were there already. */
	read(prompt: Prompt, signal: AbortSignal): Promise<{readonly logits: Float32Array; readonly cached: number}>;
	/** Adds a token that was written, and gives the logits of the one after it. */
	write(token: number, signal: AbortSignal): Promise<Float32Array>;
	/** Bytes that it keeps for the next prompt. */
	readonly held: number;
	/** Lets go of them: the next prompt is read from its beginning. */
	forget(): void;
}

/** Tokens computed at once, so that a long prompt can be broken off. */
const stepLength = 512;

/** The latest conversation of a model: what its decoder remembers, and of which tokens. */
export class Conversation implements Writer {
	readonly #decoder: MemoryDecoder;
	readonly #embedder: Embedder;
	readonly #family: VisionFamily;
	readonly #settings: VisionSettings;
	readonly #tokens: number[] = [];
	readonly #rows: Array<PictureRow | undefined> = [];
	#next = 0;
	#axes = 1;

	constructor(decoder: MemoryDecoder, embedder: Embedder, family: VisionFamily, settings: VisionSettings) {
		this.#decoder = decoder;
		this.#embedder = embedder;
		this.#family = family;
		this.#settings = settings;
	}

	get held(): number {
		return this.#decoder.held;
	}

	forget(): void {
		this.#keep(0);
	}

	/** Reads a prompt; what it has in common with what was before is not computed again. The logits are those of the next token. */
	async read(prompt: Prompt, signal: AbortSignal): Promise<{readonly logits: Float32Array; readonly cached: number}> {
		const {axes, next} = positionsOf(
			prompt.tokens.length,
			prompt.placed,
			this.#settings.mergeSize,
			this.#family.positions,
		);
		this.#next = next;
		this.#axes = axes.length;
		const cached = this.#keep(this.#family.whole === true ? 0 : this.#inCommon(prompt));
		const step = this.#family.whole === true || !this.#decoder.forgets ? prompt.tokens.length : stepLength;
		let logits: Float32Array = new Float32Array();
		for (let at = cached; at < prompt.tokens.length; at += step) {
			const end = Math.min(at + step, prompt.tokens.length);
			logits = await this.#add(
				prompt.tokens.slice(at, end),
				prompt.rows.slice(at, end),
				axes.map(axis => axis.slice(at, end)),
				signal,
			);
		}
		return {logits, cached};
	}

	/** Adds a token that was written, and gives the logits of the one after it. */
	write(token: number, signal: AbortSignal): Promise<Float32Array> {
		const place = this.#next++;
		return this.#add(
			[token],
			[undefined],
			Array.from({length: this.#axes}, () => [place]),
			signal,
		);
	}

	async #add(
		tokens: readonly number[],
		rows: ReadonlyArray<PictureRow | undefined>,
		axes: ReadonlyArray<readonly number[]>,
		signal: AbortSignal,
	): Promise<Float32Array> {
		// A call blocks the thread: between two of them others get their turn, and an abort is heard.
		await nextTurn();
		if (signal.aborted) throw new MofaError('cancelled', {});
		const vectors = await this.#embedder.embed(tokens, rows, signal);
		const logits = await this.#decoder.step({vectors, length: tokens.length, axes}, signal);
		this.#tokens.push(...tokens);
		this.#rows.push(...rows);
		return logits;
	}

	/** Tokens at the beginning that are the same; the last of the prompt is always read, for its logits. */
	#inCommon({tokens, rows}: Prompt): number {
		const most = Math.min(tokens.length - 1, this.#tokens.length);
		let count = 0;
		while (count < most && tokens[count] === this.#tokens[count] && isSame(rows[count], this.#rows[count])) count += 1;
		return count;
	}

	#keep(count: number): number {
		const left = this.#decoder.keep(count);
		this.#tokens.length = left;
		this.#rows.length = left;
		return left;
	}
}

const isSame = (one: PictureRow | undefined, other: PictureRow | undefined): boolean =>
	one?.picture.key === other?.picture.key && one?.row === other?.row;
