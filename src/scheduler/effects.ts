import type {MofaError} from '../contract/error.ts';
import type {Candidate} from './candidate.ts';

/**
 * Everything the core may cause. `EngineRoom` and `LeaseScheduler` carry it out, tests record it.
 * An effect starts something and returns: it neither throws nor calls the core before it has returned.
 */
export interface Effects {
	/** Answered by `loaded`, `loadFailed`, or, after `abort`, `unloaded`. */
	load(candidate: Candidate, threads: number): void;
	/** Nobody wants the load in flight any more. Answered by `unloaded`. */
	abort(engine: string): void;
	/** Answered by `unloaded`, whatever happens. */
	unload(engine: string, because: UnloadReason): void;
	/** Drop what the engine can make again (its context). Answered by `shrunk` or `shrinkFailed`. */
	shrink(engine: string): void;
	grant(ticket: number, engine: string): void;
	reject(ticket: number, error: MofaError): void;
	/** Call `woke(engine)` after the delay; a newer call replaces the older. */
	wake(engine: string, afterMs: number): void;
	/** Only on change; engines that lose cores hear it before those that gain them. */
	threads(engine: string, count: number): void;
}

export type UnloadReason =
	/** Its keep-alive ran out. */
	| 'idle'
	/** Another model needs the room. */
	| 'room'
	/** Memory ran short: a measurement, another program or a smaller budget. */
	| 'pressure'
	/** A person asked. */
	| 'asked'
	/** It holds far more memory than it should. */
	| 'leak'
	/** Its process is gone. */
	| 'died'
	/** It could not drop its context. */
	| 'shrink-failed'
	| 'shutdown';
