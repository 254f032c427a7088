import {
	isHeldUp,
	judge,
	nextCount,
	threadCandidates,
	timeStep,
	tryThreads,
	type Clock,
	type Verdict,
} from './thread-trial.ts';

/** Milliseconds from a verdict to doubting it; from each to the next three times as long. */
const firstWaitMs = 5000;
const waitFactor = 3;
/** The last comes after an hour and a half. */
const mostRepeats = 7;
/** Milliseconds of steps that show, before a repeat, whether other programs leave room for one. */
const watchedMs = 100;

export interface ThreadChoiceOptions {
	/** Handed out by the scheduler for now. */
	readonly allotted: number;
	/** Those of the machine. */
	readonly cores: number;
	/** Takes effect with the next step. */
	readonly use: (threads: number) => void;
	readonly clock: Clock;
}

interface OpenTries {
	readonly threads: number;
	readonly ms: number[];
}

/**
 * How many threads an engine computes with: what it was allotted, as far as that helps. What may turn out otherwise in another
 * moment is tried again later: on the steps of real answers, which lose little by it, and where these are not held up themselves.
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
	readonly #tries = new Map<string, readonly OpenTries[]>();
	/** Steps since the next trial is due: what their threads should have computed, and what they did. */
	#watched = {wantedMs: 0, cpuMs: 0};
	/** As far as these show. */
	#hasRoom = false;

	constructor(options: ThreadChoiceOptions) {
		this.#options = options;
		this.#allotted = Math.max(1, options.allotted);
		this.#useful = options.cores;
		this.#dueAt = options.cores > 1 ? options.clock.now() : Infinity;
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
		const {use, clock} = this.#options;
		const allotted = this.#allotted;
		if (allotted === 1) await this.take(undefined, step);
		else this.#learn(await tryThreads(step, allotted, use, clock), allotted);
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
		const {use, clock} = this.#options;
		const allotted = this.#allotted;
		const isChance = kind !== undefined && allotted > 1 && this.#isDue;
		if (isChance && this.#hasRoom) return this.#try(allotted, kind, step, size);
		const threads = Math.min(allotted, this.#useful);
		use(threads);
		if (!isChance) return step();
		const {result, ms, cpuMs} = await timeStep(step, clock);
		if (allotted === this.#allotted) this.#watch(threads, ms, cpuMs);
		return result;
	}

	/** A step during which cores came or went says nothing: another engine computes on them. */
	async #try<T>(allotted: number, kind: number, step: () => Promise<T>, size: number): Promise<T> {
		const {use, clock} = this.#options;
		const tries = this.#triesOf(allotted, kind);
		const [most] = tries;
		const next = tries.find(({threads}) => threads === nextCount(tries)) ?? most;
		if (most === undefined || next === undefined) return step();
		use(next.threads);
		const {result, ms} = await timeStep(step, clock);
		if (allotted !== this.#allotted) return result;
		next.ms.push(ms / size);
		if (nextCount(tries) === undefined) this.#learn(judge(tries), most.threads);
		return result;
	}

	/** A step on more threads than other programs leave free can take seconds, so the steps before it are looked at. */
	#watch(threads: number, ms: number, cpuMs: number = threads * ms): void {
		this.#watched.wantedMs += threads * ms;
		this.#watched.cpuMs += cpuMs;
		if (this.#watched.wantedMs < watchedMs) return;
		this.#hasRoom = !isHeldUp(this.#watched.wantedMs, this.#watched.cpuMs);
		if (this.#hasRoom) return;
		this.#useful = Math.max(1, threads >> 1);
		this.#postpone();
	}

	/** What a trial found, the most that it tried among it. */
	#learn({threads, mayChange}: Verdict, most: number): void {
		const {cores} = this.#options;
		// Where the most were the best, more may be better still.
		this.#useful = threads === most ? cores : threads;
		this.#postpone();
		if (!mayChange || cores === 1) this.#dueAt = Infinity;
	}

	#postpone(): void {
		const wait = this.#repeats < mostRepeats ? firstWaitMs * waitFactor ** this.#repeats : Infinity;
		this.#dueAt = this.#options.clock.now() + wait;
		this.#repeats += 1;
		this.#hasRoom = false;
		this.#watched = {wantedMs: 0, cpuMs: 0};
		this.#tries.clear();
	}

	get #isDue(): boolean {
		return this.#options.clock.now() >= this.#dueAt;
	}

	#triesOf(allotted: number, kind: number): readonly OpenTries[] {
		const key = `${allotted} ${kind}`;
		const tries =
			this.#tries.get(key) ?? threadCandidates(allotted).map(threads => ({threads, ms: new Array<number>()}));
		this.#tries.set(key, tries);
		return tries;
	}
}
