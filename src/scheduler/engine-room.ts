import type {Footprint} from '../contract/engine.ts';
import {MofaError} from '../contract/error.ts';
import type {DaemonEvent} from '../contract/report.ts';
import type {Candidate} from './candidate.ts';
import type {SchedulerCore} from './core.ts';
import type {Effects, UnloadReason} from './effects.ts';
import type {EngineFacts} from './engine-record.ts';
import type {LoadedEngine, Loader, SetTimer} from './loader.ts';

export interface EngineRoomOptions {
	readonly loader: Loader;
	readonly setTimer: SetTimer;
	readonly now: () => number;
	/** Enters an event in the core; never called from within an effect. */
	readonly tell: (event: (core: SchedulerCore) => void) => void;
	readonly emit: (event: DaemonEvent) => void;
	/** Hears how the load of an engine goes, 0..1. */
	readonly progress: (engine: string, fraction: number) => void;
	/** The engine is gone unasked; its leases should end. */
	readonly lost: (engine: LoadedEngine, error: MofaError) => void;
	readonly onMeasured: (candidate: Candidate, footprint: Footprint, loadMs: number) => void;
}

interface Berth {
	readonly candidate: Candidate;
	readonly aborter: AbortController;
	engine: LoadedEngine | null;
	threads: number;
}

type EngineEffects = Omit<Effects, 'grant' | 'reject'>;

/** Carries out the effects that concern engines, and tells the core what came of them. Decides nothing. */
export class EngineRoom implements EngineEffects {
	readonly #options: EngineRoomOptions;
	readonly #berths = new Map<string, Berth>();
	/** Cancels the pending `wake` of each engine. */
	readonly #timers = new Map<string, () => void>();

	constructor(options: EngineRoomOptions) {
		this.#options = options;
	}

	engine(id: string): LoadedEngine | null {
		return this.#berths.get(id)?.engine ?? null;
	}

	load(candidate: Candidate, threads: number): void {
		const berth: Berth = {candidate, aborter: new AbortController(), engine: null, threads};
		this.#berths.set(candidate.id, berth);
		this.#options.emit({type: 'model-loading', model: candidate.model});
		void this.#load(berth);
	}

	abort(id: string): void {
		this.#berths.get(id)?.aborter.abort();
	}

	unload(id: string, because: UnloadReason): void {
		const berth = this.#berths.get(id);
		if (berth === undefined) return;
		this.#timers.get(id)?.();
		this.#timers.delete(id);
		this.#options.emit({type: 'model-unloaded', model: berth.candidate.model, because});
		void this.#unload(berth);
	}

	shrink(id: string): void {
		const engine = this.engine(id);
		if (engine !== null) void this.#shrink(id, engine);
	}

	/** An engine that is still loading hears it when it has loaded. */
	threads(id: string, count: number): void {
		const berth = this.#berths.get(id);
		if (berth === undefined) return;
		berth.threads = count;
		berth.engine?.setThreads?.(count);
	}

	wake(id: string, afterMs: number): void {
		this.#timers.get(id)?.();
		const ring = (): void => this.#options.tell(core => core.woke(id));
		this.#timers.set(id, this.#options.setTimer(ring, Math.min(afterMs, longestTimerMs)));
	}

	/** An engine showed itself dead, by its process or by an answer that failed. */
	lost(id: string, engine: LoadedEngine, error: MofaError): void {
		if (this.engine(id) !== engine) return;
		this.#options.lost(engine, error);
		this.#options.tell(core => core.died(id, error));
	}

	async #load(berth: Berth): Promise<void> {
		const {candidate, aborter, threads} = berth;
		const {loader, progress, tell, emit, now} = this.#options;
		const since = now();
		try {
			berth.engine = await loader.load(candidate, {
				threads,
				signal: aborter.signal,
				progress: fraction => progress(candidate.id, fraction),
			});
		} catch (error) {
			return this.#loadFailed(berth, MofaError.from(error));
		}
		// It was quicker than the abort.
		if (aborter.signal.aborted) return this.#unload(berth);
		const {engine} = berth;
		void engine.died.then(error => this.lost(candidate.id, engine, error));
		if (berth.threads !== threads) engine.setThreads?.(berth.threads);
		this.#options.onMeasured(candidate, engine.footprint, now() - since);
		emit({type: 'model-loaded', model: candidate.model, ms: now() - since});
		tell(core => core.loaded(candidate.id, factsOf(engine)));
	}

	#loadFailed({candidate, aborter}: Berth, error: MofaError): void {
		const {tell, emit} = this.#options;
		this.#berths.delete(candidate.id);
		if (aborter.signal.aborted) return tell(core => core.unloaded(candidate.id));
		emit({type: 'model-failed', model: candidate.model, code: error.code});
		tell(core => core.loadFailed(candidate.id, error));
	}

	async #unload({candidate, engine}: Berth): Promise<void> {
		try {
			await engine?.[Symbol.asyncDispose]();
		} catch {
			// One that does not end in good order is gone all the same: a runner is not asked but ended.
		}
		this.#berths.delete(candidate.id);
		this.#options.tell(core => core.unloaded(candidate.id));
	}

	async #shrink(id: string, engine: LoadedEngine): Promise<void> {
		const {tell} = this.#options;
		try {
			await engine.shrink?.();
		} catch {
			return tell(core => core.shrinkFailed(id));
		}
		tell(core => core.shrunk(id, engine.footprint));
	}
}

export function factsOf(engine: LoadedEngine): EngineFacts {
	const {footprint, reclaimable, slots, usefulThreads} = engine;
	// What it cannot drop by `shrink` is not reclaimable, whatever it says.
	return {footprint, slots, usefulThreads, ...(reclaimable && engine.shrink ? {reclaimable} : {})};
}

/** Longer ones overflow and fire at once. */
const longestTimerMs = 2 ** 31 - 1;
