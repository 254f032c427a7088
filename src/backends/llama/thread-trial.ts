import type {LlamaContextSequence, Token} from 'node-llama-cpp';

/** Milliseconds the whole trial may take; a step under way is not cut short. */
const budgetMs = 250;
const stepsEach = 5;
/** Fewer threads win unless more are faster by this factor: what they leave free is worth something. */
const worthIt = 1.07;
/** Milliseconds of a step on one thread that more of them do not make shorter: they would wait for each other. */
const quickStepMs = 2;

export interface Trial {
	readonly threads: number;
	/** Median of one decoding step. */
	readonly ms: number;
}

/** Counts to try, most promising first: a long step may leave time for one only. */
export function threadCandidates(allotted: number): number[] {
	const counts = new Set<number>();
	for (let count = allotted; count >= 1; count = Math.floor(count / 2)) counts.add(count);
	return [...counts];
}

/** The count to use: the fastest, or a smaller one that is as good. */
export function bestThreads(trials: readonly Trial[], allotted: number): number {
	const ascending = trials.toSorted((a, b) => a.threads - b.threads);
	const best = ascending.reduce<Trial | undefined>(
		(champion, trial) => (champion === undefined || trial.ms * worthIt < champion.ms ? trial : champion),
		undefined,
	);
	return best?.threads ?? allotted;
}

/** How many cores are worth giving: where the most that were tried were the best, more may be better still. */
export function usefulThreads(trials: readonly Trial[], allotted: number, cores: number): number {
	const best = bestThreads(trials, allotted);
	return best === allotted ? cores : best;
}

/**
 * Whether a step on the one thread that is allotted is so short that no more are wanted later. Nothing else is known of a model
 * that was loaded beside others. A first step finds everything cold, and of the others one may be held up.
 */
export async function isQuickStep(sequence: LlamaContextSequence, token: Token): Promise<boolean> {
	const step = (): Promise<unknown> => sequence.evaluateWithoutGeneratingNewTokens([token]);
	await step();
	let ms = Infinity;
	for (let tries = 0; tries < stepsEach && ms >= quickStepMs; tries += 1) {
		const start = performance.now();
		await step();
		ms = performance.now() - start;
		if (ms > 4 * quickStepMs) break;
	}
	await sequence.clearHistory();
	return ms < quickStepMs;
}

/** Decodes a few tokens at each thread count. */
export async function tryThreads(
	sequence: LlamaContextSequence,
	token: Token,
	allotted: number,
	use: (threads: number) => void,
): Promise<Trial[]> {
	const trials = await timeThreads(() => sequence.evaluateWithoutGeneratingNewTokens([token]), allotted, use);
	await sequence.clearHistory();
	return trials;
}

/**
 * Takes a few steps at each thread count. More threads can be hundreds of times slower: they wait for each
 * other by spinning, and one that another program has pushed off its core stops them all.
 */
export async function timeThreads(
	step: () => Promise<unknown>,
	allotted: number,
	use: (threads: number) => void,
): Promise<Trial[]> {
	const trials: Trial[] = [];
	const end = performance.now() + budgetMs;
	for (const threads of threadCandidates(allotted)) {
		// A slow first trial may be slow because of its many threads: the next count is always tried too.
		if (trials.length > 1 && performance.now() > end) break;
		use(threads);
		await step();
		const times: number[] = [];
		while (times.length < stepsEach && (times.length === 0 || performance.now() < end)) {
			const start = performance.now();
			await step();
			times.push(performance.now() - start);
		}
		trials.push({threads, ms: median(times)});
	}
	return trials;
}

function median(values: readonly number[]): number {
	return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Infinity;
}
