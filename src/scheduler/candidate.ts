import type {Footprint} from '../contract/engine.ts';

/**
 * One way to serve an ask: a variant of a model, on an adapter, with settings. Plain data to the
 * scheduler, which hands the same object back when it wants it loaded.
 */
export interface Candidate {
	/** Names model, variant, adapter and settings: two asks with the same id can share an engine. */
	readonly id: string;
	/** Engines of one model differ in variant or settings only. */
	readonly model: string;
	readonly variant: string;
	readonly adapter: string;
	readonly backend: string;
	readonly tasks: readonly string[];
	/** Estimated, or measured at an earlier load. */
	readonly needs: Footprint;
	/** Requests it will serve at the same time; known for sure once it is loaded. */
	readonly slots?: number;
	/** How long the last load took; absent: guessed from its bytes. */
	readonly reloadMs?: number;
	/** Learned at an earlier load: more threads than this bring nothing. */
	readonly usefulThreads?: number;
	readonly accelerator?: string;
}

/** About what a solid-state disk and a page cache give together, for models that were never timed. */
const guessedBytesPerMs = 1_000_000;

export function reloadMsOf(candidate: Candidate): number {
	if (candidate.reloadMs !== undefined) return candidate.reloadMs;
	const bytes = Object.values(candidate.needs).reduce((sum, pool) => sum + pool, 0);
	return Math.max(1, bytes / guessedBytesPerMs);
}
