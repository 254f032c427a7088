import type {Handler, TaskName} from './task.ts';

/** Bytes per memory pool, e.g. `{ram: 3e8}`, `{ram: 1e8, 'cuda:0': 4e9}` or `{unified: 4e9}`. */
export type Footprint = Readonly<Record<string, number>>;

/** What every loaded model has in common, whatever it does. It knows no modality. */
export interface EngineLifecycle extends AsyncDisposable {
	/** What it holds now, measured, not estimated. */
	readonly footprint: Footprint;
	/** The part of `footprint` that `shrink` gives back (a context, a cache). Absent: nothing. */
	readonly reclaimable?: Footprint;
	/** Requests it serves at the same time; more are queued by the scheduler. */
	readonly slots: number;
	/** The thread count beyond which it measured no gain on this machine; it may find otherwise later. */
	readonly usefulThreads: number;
	/** Milliseconds that a call of its runtime may keep its process from answering: longer, and it is ended as hung. Absent: a minute. */
	readonly longestCall?: number;
	/** Numbers people ask about, by name, such as `contextLength`. Whoever passes them on need not understand them. */
	readonly facts?: Readonly<Record<string, number>>;
	/** Settles, with words for it, once it can serve nothing more; then its runner ends. Absent: only its process ends it. */
	readonly broken?: Promise<string>;
	/** Gives memory back while the weights stay; the next request takes it again. */
	shrink?(): Promise<void>;
	/** The scheduler hands out cores; takes effect at the latest with the next step of the computation. */
	setThreads?(count: number): void;
}

/** A loaded model. Lifecycle is universal; what it can do is typed per task. */
export interface Engine<T extends TaskName> extends EngineLifecycle {
	readonly tasks: {readonly [K in T]: Handler<K>};
}

/** The same engine seen by code that does not know which tasks it has: scheduler, HTTP, UI. */
export interface AnyEngine extends EngineLifecycle {
	readonly tasks: {readonly [K in TaskName]?: Handler<K>};
}
