/** Milliseconds that the trial at a load may take; a step under way cannot be cut short. */
const budgetMs = 250;
/** Milliseconds that a count may cost over the best one before it is given up. */
const mostLostMs = 100;
const stepsEach = 6;
/** A verdict on fewer may be an accident. */
const enough = 3;
/** Steps that nothing disturbs differ by a tenth; where their median is longer than the shortest by this factor, something did. */
const agreement = 1.4;
/** Milliseconds; nobody waits for steps on one thread that are shorter, and one try on more can cost a hundred of them. */
const quickMs = 4;
/** Fewer threads win unless more are faster by this factor: what they leave free is worth something. */
const worthIt = 1.07;

/** A step that lacks less of its threads' time is not held up: the clocks are no better, and a step is not all computing. */
const leastMissingMs = 20;
const leastMissing = 0.25;

export interface Clock {
	/** Milliseconds, never going back. */
	readonly now: () => number;
	/** Milliseconds that the threads of this process have computed, all together. Absent where something else computes for them. */
	readonly cpu?: (() => number) | undefined;
}

/** Steps of one kind that were taken at one thread count. */
export interface Tries {
	readonly threads: number;
	readonly ms: readonly number[];
}

export interface Verdict {
	readonly threads: number;
	/** Another moment may say otherwise: tries disagree or are too few, as something else was computing; or one thread was best. */
	readonly mayChange: boolean;
}

/** Counts to try, most promising first: a long step may leave time for two only. */
export function threadCandidates(allotted: number): number[] {
	const counts = new Set<number>();
	for (let count = allotted; count >= 1; count = Math.floor(count / 2)) counts.add(count);
	return [...counts];
}

/**
 * At which count the next step is to be tried; undefined when enough is known, or it took enough. The counts take turns, so that
 * what disturbs for a while disturbs all. More threads can be hundreds of times slower, since they wait for each other by
 * spinning, and one that another program has pushed off its core stops them all: such a count gets one try.
 *
 * @param tries One for each candidate, in the same order.
 */
export function nextCount(tries: readonly Tries[], mostMs: number = Infinity): number | undefined {
	const all = tries.flatMap(({ms}) => ms);
	// Alone, one is neither fast nor slow.
	if (sum(all) > mostMs && tries.filter(isTried).length > 1) return undefined;
	const best = Math.min(...all);
	const open = tries.filter((one, index) => !isGivenUp(one, best) && !isFalling(tries.slice(0, index + 1)));
	const wanted = open.length === 1 ? enough : stepsEach;
	return open.filter(({ms}) => ms.length < wanted).reduce<Tries | undefined>(fewer, undefined)?.threads;
}

/** What the tries show. The best of each count decides where they agree; else what a step takes as a rule in such a moment. */
export function judge(tries: readonly Tries[]): Verdict {
	const tried = tries.filter(isTried);
	const disagree = tried.some(({ms}) => median(ms) > agreement * Math.min(...ms));
	const threads = bestThreads(
		tried.map(({threads: count, ms}) => ({threads: count, ms: disagree ? median(ms) : Math.min(...ms)})),
	);
	const tooFew = tried.some(one => one.threads >= threads && one.ms.length < enough);
	const isQuick = tried.some(one => one.threads === 1 && Math.min(...one.ms) < quickMs);
	return {threads, mayChange: !isQuick && (disagree || tooFew || threads === 1)};
}

export interface TimedStep<T> {
	readonly result: T;
	readonly ms: number;
	/** Of all its threads together; undefined where that says nothing. */
	readonly cpuMs: number | undefined;
}

export async function timeStep<T>(step: () => Promise<T>, {now, cpu}: Clock): Promise<TimedStep<T>> {
	const start = now();
	const cpuStart = cpu?.() ?? 0;
	const result = await step();
	return {result, ms: now() - start, cpuMs: cpu === undefined ? undefined : cpu() - cpuStart};
}

/** Whether threads had to wait for a processor, which should all have computed for so many milliseconds together. */
export function isHeldUp(wantedMs: number, cpuMs: number | undefined): boolean {
	return cpuMs !== undefined && wantedMs - cpuMs > Math.max(leastMissingMs, leastMissing * wantedMs);
}

/**
 * Tries steps at several thread counts. Where already half of them are held up by other programs, a step at more could take
 * many seconds: then it settles for as many as are not. Takes as many steps at most as there are counts, times six, and one.
 */
export async function tryThreads(
	step: () => Promise<unknown>,
	allotted: number,
	use: (threads: number) => void,
	clock: Clock,
): Promise<Verdict> {
	const tries = threadCandidates(allotted).map(threads => ({threads, ms: new Array<number>()}));
	const [, half] = tries;
	const timed = async (threads: number): Promise<boolean> => {
		use(threads);
		const {ms, cpuMs} = await timeStep(step, clock);
		tries.find(one => one.threads === threads)?.ms.push(ms);
		return isHeldUp(threads * ms, cpuMs);
	};
	// The first finds everything cold, and says nothing.
	use(half?.threads ?? allotted);
	await step();
	for (const {threads} of tries.slice(1)) {
		if (!(await timed(threads))) {
			if (threads === half?.threads) break;
			return {threads, mayChange: true};
		}
		if (threads === 1) return {threads, mayChange: true};
	}
	for (let next = nextCount(tries, budgetMs); next !== undefined; next = nextCount(tries, budgetMs)) await timed(next);
	return judge(tries);
}

function bestThreads(trials: ReadonlyArray<{readonly threads: number; readonly ms: number}>): number {
	const [first, ...more] = trials.toSorted((a, b) => a.threads - b.threads);
	if (first === undefined) return 1;
	return more.reduce((champion, trial) => (trial.ms * worthIt < champion.ms ? trial : champion), first).threads;
}

function isTried({ms}: Tries): boolean {
	return ms.length > 0;
}

function isGivenUp({ms}: Tries, best: number): boolean {
	return sum(ms) - ms.length * best > mostLostMs;
}

/** Untried, and the last before it was slower than one of more threads: fewer yet will not be faster. */
function isFalling(tries: readonly Tries[]): boolean {
	const [last, before, ...more] = tries.toReversed();
	if (last === undefined || isTried(last) || before === undefined) return false;
	return Math.min(...before.ms) > agreement * Math.min(...more.flatMap(({ms}) => ms));
}

function fewer(a: Tries | undefined, b: Tries): Tries {
	return a === undefined || b.ms.length < a.ms.length ? b : a;
}

function sum(values: readonly number[]): number {
	return values.reduce((total, value) => total + value, 0);
}

function median(values: readonly number[]): number {
	return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Infinity;
}
