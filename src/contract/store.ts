import type {Footprint} from './engine.ts';
import type {WireFailure} from './error.ts';
import type {ModelReport} from './report.ts';

/**
 * What the store of models tells: the JSON of `pull`, `fit`, `du`, `prune`, `verify`, `outdated`, `search` and `adopt`,
 * on HTTP and behind `--json`. Sizes are bytes, times ISO 8601.
 */

/** One JSON line each while a model is fetched. `bytes` never goes backwards within a file. */
export type PullEvent =
	| {
			readonly type: 'pull-start';
			readonly model: string;
			readonly repository: string;
			/** The commit the files are of. */
			readonly commit: string;
			readonly variant: string;
			readonly files: ReadonlyArray<{readonly file: string; readonly bytes: number; readonly presentBytes: number}>;
			/** Of all files, and how many of them are on this machine already. */
			readonly totalBytes: number;
			readonly presentBytes: number;
			/** Whether it will run here, asked before the first byte; null where nothing can be known. */
			readonly fit: FitVariant | null;
	  }
	| {
			readonly type: 'file-progress';
			readonly file: string;
			readonly bytes: number;
			readonly totalBytes: number;
			/** Over the last seconds, all connections of the file together. */
			readonly bytesPerSecond: number;
	  }
	| {
			readonly type: 'file-end';
			readonly file: string;
			readonly bytes: number;
			/** `downloaded`, `present` (it was here), `shared` (another pull of the same file brought it). */
			readonly source: 'downloaded' | 'present' | 'shared';
	  }
	/** Something went wrong and is being tried again; nothing is lost. */
	| {readonly type: 'file-retry'; readonly file: string; readonly problem: string; readonly waitMs: number}
	| {readonly type: 'pull-end'; readonly model: ModelReport};

export type FitVerdict = 'fits' | 'fits-after-eviction' | 'does-not-fit' | 'cannot-run' | 'unknown';

export interface FitVariant {
	readonly variant: string;
	readonly format: string;
	readonly quantization: string | null;
	readonly files: number;
	readonly downloadBytes: number;
	readonly presentBytes: number;
	/** Weights, the cache of the context asked for, and overhead, per memory pool; null where no header tells. */
	readonly needs: Footprint | null;
	readonly verdict: FitVerdict;
	/** `cpu`, `cuda`, `metal`, `vulkan`; null where it cannot run. */
	readonly accelerator: string | null;
	readonly adapter: string | null;
	/** Why it cannot run, does not fit or is unknown, with what would help. */
	readonly because: string | null;
	readonly chosen: boolean;
}

export interface FitReport {
	readonly model: string;
	readonly repository: string;
	readonly commit: string | null;
	readonly family: string;
	readonly tasks: readonly string[];
	readonly parameters: number | null;
	readonly license: string;
	readonly gated: boolean;
	/** Tokens the estimate is for. */
	readonly contextLength: number | null;
	/** Per pool: what models may take, and what is free of it now. */
	readonly capacity: Footprint;
	readonly free: Footprint;
	readonly variants: readonly FitVariant[];
	/** In the registry's or the author's order of preference, why the one was taken. */
	readonly reasons: readonly string[];
	/** A smaller model of the same line, offered when nothing fits. */
	readonly sibling: string | null;
}

/** What each model takes of the disk, and what nothing uses. */
export interface UsageReport {
	readonly folder: string;
	/** Bytes on disk, a blob that several names share counted once. */
	readonly totalBytes: number;
	readonly freeBytes: number;
	readonly models: ReadonlyArray<{
		readonly repository: string;
		readonly bytes: number;
		readonly revisions: number;
		readonly lastUsedAt: string | null;
	}>;
	readonly partialBytes: number;
	/** What `mofa prune` would free. */
	readonly reclaimableBytes: number;
}

export interface PruneReport {
	readonly dryRun: boolean;
	readonly removed: ReadonlyArray<{
		readonly path: string;
		readonly bytes: number;
		/** `partial`, `revision` (superseded), `blob` (nothing links to it), `temporary`. */
		readonly kind: 'partial' | 'revision' | 'blob' | 'temporary';
	}>;
	readonly freedBytes: number;
}

export type VerifyEvent =
	| {readonly type: 'verify-progress'; readonly file: string; readonly bytes: number; readonly totalBytes: number}
	| {
			readonly type: 'verify-file';
			readonly model: string;
			readonly file: string;
			readonly bytes: number;
			/** `good`, `damaged`, `missing`, `repaired`, `unknown` (no hash is known for it). */
			readonly state: 'good' | 'damaged' | 'missing' | 'repaired' | 'unknown';
			/** Byte ranges that differ, where they are known. */
			readonly ranges: ReadonlyArray<{readonly from: number; readonly to: number}>;
			/** Why it could not be repaired, or read; the other files are checked all the same. */
			readonly failure?: WireFailure;
	  }
	| {
			readonly type: 'verify-end';
			readonly files: number;
			readonly damaged: number;
			readonly repaired: number;
			readonly unknown: number;
	  };

export interface OutdatedReport {
	readonly model: string;
	readonly repository: string;
	readonly commit: string;
	/** The same where what has changed is a file that comes from another repository. */
	readonly latestCommit: string;
	/** Commits differ, but the files of this variant may be the same: then nothing needs fetching. */
	readonly filesChanged: boolean;
	readonly downloadBytes: number;
}

export interface SearchAsk {
	readonly query: string;
	readonly task: string | null;
	readonly limit: number;
}

export interface SearchHit {
	/** What to type after `mofa pull`. */
	readonly name: string;
	/** What may follow it after a colon, smallest first; empty for a repository of the Hub. */
	readonly sizes: readonly string[];
	readonly task: string | null;
	readonly format: string;
	readonly downloads: number;
	readonly likes: number;
	readonly updatedAt: string | null;
	readonly gated: boolean;
	readonly runs: boolean;
	readonly because: string | null;
	/** `registry` or `hub`. */
	readonly source: string;
}

export interface AdoptReport {
	readonly tool: string;
	readonly folder: string;
	readonly models: ReadonlyArray<{
		readonly name: string;
		readonly path: string;
		readonly bytes: number;
		/** `linked`, `known` (adopted before), `refused`. */
		readonly state: 'linked' | 'known' | 'refused';
		readonly because: string | null;
	}>;
}

export interface AliasReport {
	readonly alias: string;
	readonly model: string;
}

export interface PullAsk {
	readonly model: string;
	/** Go on although it does not fit; without it such a pull fails with `does-not-fit` before the first byte. */
	readonly evenIfUnfit: boolean;
	readonly signal: AbortSignal;
}

export interface FitAsk {
	readonly model: string;
	/** Null: whatever the model does first. */
	readonly task: string | null;
	/** Tokens; null: what a load without settings would take. */
	readonly contextLength: number | null;
	readonly signal: AbortSignal;
}

/**
 * Fetching and keeping models. The daemon offers it to clients, and the command line uses it in its own process, so that
 * tokens, proxies and Ctrl-C are the user's.
 */
export interface ModelStore {
	pull(ask: PullAsk): AsyncIterable<PullEvent>;
	/** Fetches headers at most. */
	fit(ask: FitAsk): Promise<FitReport>;
	search(ask: SearchAsk, signal: AbortSignal): Promise<readonly SearchHit[]>;
	/** `models` null: all. */
	outdated(models: readonly string[] | null, signal: AbortSignal): Promise<readonly OutdatedReport[]>;
	usage(): Promise<UsageReport>;
	prune(options: {readonly dryRun: boolean}): Promise<PruneReport>;
	verify(ask: {
		readonly models: readonly string[] | null;
		readonly repair: boolean;
		readonly signal: AbortSignal;
	}): AsyncIterable<VerifyEvent>;
	/** Throws `invalid-request` for a name that is taken, unless `force` and it is an alias. */
	alias(ask: {readonly model: string; readonly alias: string; readonly force: boolean}): Promise<AliasReport>;
	/** `tool` null: every one that is found. */
	adopt(ask: {readonly tool: string | null; readonly folder: string | null}): Promise<readonly AdoptReport[]>;
	/** Names that `pull` knows without asking the Hub. */
	registered(): Promise<readonly RegisteredModel[]>;
}

export interface RegisteredModel {
	readonly name: string;
	readonly tasks: readonly string[];
	readonly bytes: number | null;
	readonly runs: boolean;
}
