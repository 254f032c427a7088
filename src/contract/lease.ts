import type {LoadSettings} from './adapter.ts';
import type {EventOf, RequestOf, TaskName, Warning} from './task.ts';

/** The right to use a loaded model. While one is held, the model cannot be evicted. */
export interface Lease<T extends TaskName> extends AsyncDisposable {
	readonly model: string;
	/** Milliseconds spent waiting in the queue and loading before this lease was granted. */
	readonly waitedMs: number;
	run(request: RequestOf<T>, options?: RunOptions): AsyncIterable<EventOf<T>>;
	/** Nothing is asked of it for now: until the next run its cores are for others. It keeps the model. */
	rest?(): void;
}

export interface RunOptions {
	readonly signal?: AbortSignal;
	readonly warn?: (warning: Warning) => void;
}

export interface Ask<T extends TaskName> {
	readonly model: string;
	readonly task: T;
	readonly signal?: AbortSignal;
	/** Milliseconds to stay resident after the last lease; `Infinity` pins, 0 unloads at once. */
	readonly keepAlive?: number;
	readonly settings?: LoadSettings;
	/** `interactive` goes before `batch`; waiting makes every ask more urgent, so none starves. */
	readonly priority?: 'interactive' | 'batch';
	/** Nothing is asked of it yet: until its first run its cores are for others. */
	readonly resting?: boolean;
	/** Hears how the load goes, 0..1, while the ask waits. */
	readonly progress?: (fraction: number) => void;
}

/** All that HTTP routes, pipelines and the CLI ever see of the scheduler. */
export interface Leases {
	lease<T extends TaskName>(ask: Ask<T>): Promise<Lease<T>>;
}
