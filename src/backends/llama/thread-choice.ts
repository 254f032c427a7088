import {judge, nextCount, threadCandidates, tryThreads, type Verdict} from './thread-trial.ts';

/** Milliseconds from a verdict to doubting it; from each to the next three times as long. */
const firstWaitMs = 5000;
const waitFactor = 3;
/** The last comes after an hour and a half. */
const mostRepeats = 7;

export interface ThreadChoiceOptions {
	/** Handed out by the scheduler for now. */
	readonly allotted: number;
	/** Those of the machine. */
	readonly cores: number;
	/** Takes effect with the next step. */
	readonly use: (threads: number) => void;
	/** Milliseconds on a clock that never goes back. */
	readonly now: () => number;
}

/**
 * How many threads an engine computes with: what it was allotted, as far as that helps. What a trial found in a disturbed moment,
 * or that one thread is best on a machine with more, is tried again later: on the steps of real answers, which lose little by it.
 */
export class ThreadChoice {
	readonly #options: ThreadChoiceOptions;
	#allotted: number;
	/** As far as known, more bring nothing. */
	#useful: number;
	/** When to try again; infinite: never. The first time comes with the first answer. */
	#dueAt: number;
	#repeats = 0;
	/** By the number of threads allotted and the kind of step, since only steps alike are to be compared. */
	readonly #tries = new Map<string, ReadonlyArray<{readonly threads: number; readonly ms: number[]}>>();

	constructor(options: ThreadChoiceOptions) {
		this.#options = options;
		this.#allotted = Math.max(1, options.allotted);
		this.#useful = options.cores;
		this.#dueAt = options.cores > 1 ? options.now() : Infinity;
	}

	/** How many cores are worth giving. One that is about to try again wants them all. */
	get useful(): number {
		return this.#isDue ? this.#options.cores : this.#useful;
	}

	/** The most that a context may ever use is what is set while it is made. */
	forNewContext(): number {
		const {cores, use} = this.#options;
		use(cores);
		return cores;
	}

	/** Tries steps that are no answer's, all alike; one, where only one thread is allotted. */
	async tryOut(step: () => Promise<unknown>): Promise<void> {
		const {use, now} = this.#options;
		const allotted = this.#allotted;
		if (allotted === 1) await this.take(undefined, step);
		else this.#learn(await tryThreads(step, allotted, use, now), allotted);
	}

	allot(count: number): void {
		this.#allotted = Math.max(1, count);
	}

	/**
	 * Takes a step on as many threads as are best, or are to be tried.
	 *
	 * @param kind Steps of one kind take equally long; undefined: as long as none other.
	 * @param size What its time is divided by, where steps of a kind differ in length.
	 */
	async take<T>(kind: number | undefined, step: () => Promise<T>, size: number = 1): Promise<T> {
		const {use, now} = this.#options;
		const allotted = this.#allotted;
		const tries = kind === undefined || allotted === 1 || !this.#isDue ? [] : this.#triesOf(kind);
		const tried = tries.find(({threads}) => threads === nextCount(tries));
		use(tried?.threads ?? Math.min(allotted, this.#useful));
		const start = now();
		const result = await step();
		tried?.ms.push((now() - start) / size);
		if (tried !== undefined && nextCount(tries) === undefined) this.#learn(judge(tries), allotted);
		return result;
	}

	/** What a trial found, the most that it tried among it. */
	#learn({threads, isDisturbed}: Verdict, most: number): void {
		const {cores, now} = this.#options;
		// Where the most were the best, more may be better still.
		this.#useful = threads === most ? cores : threads;
		this.#tries.clear();
		const isDoubtful = isDisturbed || (threads === 1 && cores > 1);
		this.#dueAt =
			isDoubtful && this.#repeats < mostRepeats ? now() + firstWaitMs * waitFactor ** this.#repeats : Infinity;
		this.#repeats += 1;
	}

	get #isDue(): boolean {
		return this.#options.now() >= this.#dueAt;
	}

	#triesOf(kind: number): ReadonlyArray<{readonly threads: number; readonly ms: number[]}> {
		const key = `${this.#allotted} ${kind}`;
		const tries =
			this.#tries.get(key) ?? threadCandidates(this.#allotted).map(threads => ({threads, ms: new Array<number>()}));
		this.#tries.set(key, tries);
		return tries;
	}
}
