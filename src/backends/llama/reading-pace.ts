/** A step is not to last longer: a cancelled answer frees its slot, and a new one begins, only between two steps. */
const stepMs = 800;
/** The same while other answers are being written: their readers watch words come. */
const stepMsWhileWriting = 400;
/** Smaller portions are read no faster for each token, larger ones hardly. */
const least = 32;
/** Tokens of the first portion, when the speed is not known yet. */
const first = 64;

/** How much of a prompt to read in one step, learned from the steps before. */
export class ReadingPace {
	readonly #batchSize: number;
	/** Tokens for each millisecond. */
	#rate: number | undefined;

	constructor(batchSize: number) {
		this.#batchSize = batchSize;
	}

	/** Tokens that prompts may put into a step in which so many answers are being written. */
	limit(writing: number): number {
		const room = this.#batchSize - writing;
		const wanted = this.#rate === undefined ? first : this.#rate * (writing === 0 ? stepMs : stepMsWhileWriting);
		return Math.max(1, Math.min(room, Math.max(least, Math.floor(wanted / least) * least)));
	}

	/** Small steps teach nothing: writing is bound by memory, reading by arithmetic. */
	learn(tokens: number, ms: number): void {
		if (tokens < least || ms <= 0) return;
		const rate = tokens / ms;
		this.#rate = this.#rate === undefined ? rate : this.#rate * 0.5 + rate * 0.5;
	}
}
