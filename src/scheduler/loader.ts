import type {LoadSettings} from '../contract/adapter.ts';
import type {AnyEngine} from '../contract/engine.ts';
import type {MofaError} from '../contract/error.ts';
import type {Candidate} from './candidate.ts';

/** Knows the models; the scheduler only knows what it is told here. */
export interface Loader {
	/**
	 * What would serve this ask, in order of preference; never empty.
	 * Throws `model-not-found`, `model-invalid`, `task-unsupported`, `backend-unavailable`.
	 */
	resolve(ask: ResolveRequest): Promise<readonly Candidate[]>;
	/** Gets the very object that `resolve` returned. Settles soon after `signal` aborts, by throwing or not. */
	load(candidate: Candidate, options: LoadOptions): Promise<LoadedEngine>;
}

export interface ResolveRequest {
	readonly model: string;
	readonly task: string;
	readonly settings: LoadSettings;
}

export interface LoadOptions {
	readonly threads: number;
	readonly signal: AbortSignal;
	/** 0..1 */
	readonly progress: (fraction: number) => void;
}

/** An engine in its runner. Disposing it must settle, and gives all its memory back. */
export interface LoadedEngine extends AnyEngine {
	/** Settles when its process is gone unasked; never rejects. */
	readonly died: Promise<MofaError>;
	readonly pid: number | null;
	/** Bytes its process holds, as the operating system counts them; 0 when that is not known. */
	rss(): number;
}

/** Runs `callback` once after `ms`, unless the returned function is called before. */
export type SetTimer = (callback: () => void, ms: number) => () => void;
