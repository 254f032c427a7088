import type {InferenceSession} from 'onnxruntime-node';

/** Opens a graph with that many threads; how long it takes is what a change of their number costs. */
export type OpenWith = (threads: number) => Promise<InferenceSession>;

/** What a change of threads is decided on. */
export interface ThreadState {
	readonly has: number;
	readonly wanted: number;
	/** Milliseconds it computed with fewer threads than it could have, since it was opened. */
	readonly slowMs: number;
	/** Milliseconds opening it took. */
	readonly openMs: number;
}

/**
 * Whether to open the graph again: too many threads take the cores of others, so at once; too few only when as much time
 * was computed with them as opening takes, so that cores which come and go with another engine's sentences never cost more than they give. Pure.
 */
export function isWorthReopening({has, wanted, slowMs, openMs}: ThreadState): boolean {
	return has > wanted || (has < wanted && slowMs >= openMs);
}

/**
 * The runtime fixes the threads of a graph when it opens it: this one is opened again, between two calls, when another
 * number is wanted. The state of a computation lies in its feeds, so nothing is lost. One copy of the weights is in memory at a time.
 */
export class ElasticSession implements InferenceSession {
	readonly #open: OpenWith;
	readonly #wanted: () => number;
	readonly #onRelease: () => void;
	#calls = 0;
	/** Called when the last call under way has ended. */
	#idle: (() => void) | undefined;
	/** Undefined where it could not be opened again; the next call tries. */
	#native: InferenceSession | undefined;
	readonly #shape: Pick<InferenceSession, 'inputNames' | 'outputNames' | 'inputMetadata' | 'outputMetadata'>;
	#has: number;
	#openMs: number;
	#slowMs = 0;
	#changing: Promise<void> | undefined;
	#released: Promise<void> | undefined;

	private constructor(open: OpenWith, wanted: () => number, onRelease: () => void, opened: Opened) {
		this.#open = open;
		this.#wanted = wanted;
		this.#onRelease = onRelease;
		this.#native = opened.native;
		this.#shape = shapeOf(opened.native);
		this.#has = opened.threads;
		this.#openMs = opened.ms;
	}

	/** @param wanted How many threads it may use; asked before each call. */
	static async open(open: OpenWith, wanted: () => number, onRelease = (): void => undefined): Promise<ElasticSession> {
		return new ElasticSession(open, wanted, onRelease, await openTimed(open, wanted()));
	}

	/** With which it is open now. */
	get threads(): number {
		return this.#has;
	}

	get inputNames(): readonly string[] {
		return this.#shape.inputNames;
	}

	get outputNames(): readonly string[] {
		return this.#shape.outputNames;
	}

	get inputMetadata(): readonly InferenceSession.ValueMetadata[] {
		return this.#shape.inputMetadata;
	}

	get outputMetadata(): readonly InferenceSession.ValueMetadata[] {
		return this.#shape.outputMetadata;
	}

	async run(
		feeds: InferenceSession.FeedsType,
		fetches: InferenceSession.FetchesType | InferenceSession.RunOptions = {},
		options?: InferenceSession.RunOptions,
	): Promise<InferenceSession.ReturnType> {
		while (this.#mustChange()) await this.#change();
		const native = this.#native;
		if (native === undefined || this.#released !== undefined) throw new Error('Session already disposed.');
		const slow = this.#has < this.#wanted();
		const start = slow ? performance.now() : 0;
		this.#calls += 1;
		try {
			return await native.run(feeds, fetches as InferenceSession.FetchesType, options);
		} finally {
			if (slow) this.#slowMs += performance.now() - start;
			this.#calls -= 1;
			if (this.#calls === 0) this.#idle?.();
		}
	}

	/** Waits for the calls under way: the runtime fails those it has not begun. */
	release(): Promise<void> {
		this.#released ??= (async () => {
			await this.#changing?.catch(() => undefined);
			await this.#quiet();
			await this.#native?.release();
			this.#native = undefined;
			this.#onRelease();
		})();
		return this.#released;
	}

	startProfiling(): void {
		this.#native?.startProfiling();
	}

	endProfiling(): void {
		this.#native?.endProfiling();
	}

	#mustChange(): boolean {
		if (this.#released !== undefined) return false;
		if (this.#changing !== undefined || this.#native === undefined) return true;
		const wanted = this.#wanted();
		if (wanted === this.#has) return false;
		return isWorthReopening({has: this.#has, wanted, slowMs: this.#slowMs, openMs: this.#openMs});
	}

	#change(): Promise<void> {
		this.#changing ??= this.#reopen().finally(() => (this.#changing = undefined));
		return this.#changing;
	}

	async #quiet(): Promise<void> {
		if (this.#calls > 0) await new Promise<void>(resolve => (this.#idle = resolve));
	}

	async #reopen(): Promise<void> {
		await this.#quiet();
		await this.#native?.release();
		this.#native = undefined;
		const {native, threads, ms} = await openTimed(this.#open, this.#wanted());
		this.#native = native;
		this.#has = threads;
		this.#openMs = ms;
		this.#slowMs = 0;
	}
}

interface Opened {
	readonly native: InferenceSession;
	readonly threads: number;
	readonly ms: number;
}

async function openTimed(open: OpenWith, threads: number): Promise<Opened> {
	const start = performance.now();
	const native = await open(threads);
	return {native, threads, ms: performance.now() - start};
}

function shapeOf({
	inputNames,
	outputNames,
	inputMetadata,
	outputMetadata,
}: InferenceSession): Pick<InferenceSession, 'inputNames' | 'outputNames' | 'inputMetadata' | 'outputMetadata'> {
	return {inputNames, outputNames, inputMetadata, outputMetadata};
}
