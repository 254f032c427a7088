import type {Footprint} from '../contract/engine.ts';
import {MofaError} from '../contract/error.ts';
import type {Ask, Lease, Leases} from '../contract/lease.ts';
import type {DaemonEvent, ResidentReport} from '../contract/report.ts';
import type {TaskName} from '../contract/task.ts';
import type {Limits} from './books.ts';
import type {Candidate} from './candidate.ts';
import {SchedulerCore} from './core.ts';
import type {Effects} from './effects.ts';
import {EngineRoom, factsOf} from './engine-room.ts';
import {GrantedLease, handlerOf, type Grant} from './granted-lease.ts';
import type {LoadedEngine, Loader, SetTimer} from './loader.ts';
import type {EngineAsk} from './queue.ts';
import {residentReport} from './resident-report.ts';

export interface LeaseSchedulerOptions extends Partial<Limits> {
	readonly loader: Loader;
	readonly budget: Limits['budget'];
	readonly cores: number;
	/** True for an event a person can see: a run that fails before the first one is tried again. Absent: all are. */
	readonly visible?: (task: string, event: unknown) => boolean;
	/** Bytes per pool that the operating system could still give. Asked often, so a reading a few seconds old will do. */
	readonly available?: () => Footprint;
	/** A load has shown what an engine holds and takes: worth remembering for the next `resolve`. */
	readonly onMeasured?: (candidate: Candidate, footprint: Footprint, loadMs: number) => void;
	/** Milliseconds on a clock that never goes back. */
	readonly now?: () => number;
	readonly setTimer?: SetTimer;
}

/** What the scheduler needs of the leases it has given out, whatever their task. */
interface HeldLease extends AsyncDisposable {
	lose(engine: LoadedEngine, error: MofaError): void;
}

/** An ask on its way through the core. */
interface Pending {
	readonly resolve: (grant: Grant) => void;
	readonly reject: (error: MofaError) => void;
	readonly progress: (fraction: number) => void;
}

interface Condition {
	readonly holds: () => boolean;
	readonly resolve: () => void;
}

const tickMs = 5000;

/** The scheduler as the daemon uses it: promises and streams around a core that knows neither. */
export class LeaseScheduler implements Leases {
	readonly #loader: Loader;
	readonly #visible: (task: string, event: unknown) => boolean;
	readonly #available: () => Footprint;
	readonly #now: () => number;
	readonly #core: SchedulerCore;
	readonly #room: EngineRoom;
	readonly #pending = new Map<number, Pending>();
	readonly #held = new Set<HeldLease>();
	readonly #listeners = new Set<(event: DaemonEvent) => void>();
	readonly #conditions = new Set<Condition>();
	readonly #setTimer: SetTimer;
	#lastTicket = 0;
	#lastWaiting = 0;
	#watching = false;

	constructor(options: LeaseSchedulerOptions) {
		const {loader, budget, cores, queueLimit = 512, keepAliveMs = 5 * 60_000} = options;
		this.#loader = loader;
		this.#visible = options.visible ?? (() => true);
		this.#available = options.available ?? (() => ({}));
		this.#now = options.now ?? (() => performance.now());
		this.#setTimer = options.setTimer ?? quietTimer;
		this.#room = new EngineRoom({
			loader,
			now: this.#now,
			setTimer: this.#setTimer,
			tell: event => this.#tell(event),
			emit: event => this.#emit(event),
			progress: (id, fraction) => this.#progress(id, fraction),
			lost: (engine, error) => this.#lose(engine, error),
			onMeasured: options.onMeasured ?? (() => undefined),
		});
		this.#core = new SchedulerCore({budget, cores, queueLimit, keepAliveMs}, this.#effects(), this.#now);
	}

	/** Throws what `Loader.resolve` throws, `does-not-fit`, `busy`, `cancelled`, and how a load can fail. */
	async lease<T extends TaskName>(ask: Ask<T>): Promise<Lease<T>> {
		const since = this.#now();
		const grant = await this.#acquire(ask, ask.signal);
		try {
			handlerOf(grant.engine, ask);
			if (ask.signal?.aborted === true) throw new MofaError('cancelled', {});
		} catch (error) {
			this.#tell(core => core.release(grant.ticket));
			throw error;
		}
		const lease: GrantedLease<T> = new GrantedLease<T>({
			ask,
			grant,
			waitedMs: this.#now() - since,
			visible: this.#visible,
			resting: ({ticket}, resting) => this.#tell(core => core.rest(ticket, resting)),
			// Whoever needs another engine is in the middle of a run.
			renew: signal => this.#acquire({...ask, resting: false}, signal),
			lost: ({id, engine}, error) => this.#room.lost(id, engine, error),
			ended: last => {
				this.#held.delete(lease);
				if (last !== null) this.#tell(core => core.release(last.ticket));
			},
		});
		this.#held.add(lease);
		return lease;
	}

	residents(): readonly ResidentReport[] {
		const now = this.#now();
		return this.#core.engines.map(engine => residentReport(engine, this.#room.engine(engine.id), now, Date.now()));
	}

	/** Asks that wait for an engine or for room. */
	get waiting(): number {
		return this.#core.waiting;
	}

	/**
	 * Resolves when every engine of the model is gone; false when there was none. Throws `model-in-use`,
	 * unless `whenIdle`: then new asks get a fresh engine, and this one goes after its last lease.
	 */
	async unload(model: string, {whenIdle = false}: {readonly whenIdle?: boolean} = {}): Promise<boolean> {
		const engines = this.#core.engines.filter(({candidate}) => candidate.model === model);
		const leases = this.#tell(core => core.unload(model, whenIdle));
		if (leases > 0 && !whenIdle) throw new MofaError('model-in-use', {model, leases});
		await this.#until(() => !this.#core.engines.some(engine => engines.includes(engine)));
		return engines.length > 0;
	}

	/** Returns false when no engine of the model is resident. */
	pin(model: string, pinned: boolean): boolean {
		return this.#tell(core => core.pin(model, pinned)) > 0;
	}

	configure(limits: Partial<Limits>): void {
		this.#tell(core => core.configure(limits));
	}

	/** No new leases; resolves when the running ones have ended and every engine is gone. The signal ends them now. */
	async drain(signal?: AbortSignal): Promise<void> {
		this.#emit({type: 'daemon-stopping'});
		this.#tell(core => core.drain());
		const endAll = (): void => {
			for (const lease of this.#held) void lease[Symbol.asyncDispose]();
		};
		if (signal?.aborted === true) endAll();
		signal?.addEventListener('abort', endAll, {once: true});
		await this.#until(() => this.#core.size === 0);
		signal?.removeEventListener('abort', endAll);
	}

	/** Measures engines and machine. Comes by itself every few seconds while anything is resident. */
	tick(): void {
		const readings = this.#core.engines.flatMap(({id}) => {
			const engine = this.#room.engine(id);
			return engine === null ? [] : [{id, rss: engine.rss(), ...factsOf(engine)}];
		});
		this.#tell(core => core.measured(readings));
		this.#tell(core => core.available(this.#available()));
	}

	/** Returns what ends it. The listener must not throw. */
	onEvent(listener: (event: DaemonEvent) => void): () => void {
		this.#listeners.add(listener);
		return () => this.#listeners.delete(listener);
	}

	async #acquire<T extends TaskName>(ask: Ask<T>, signal: AbortSignal | undefined): Promise<Grant> {
		const {model, task, settings = {}} = ask;
		const candidates = await this.#loader.resolve({model, task, settings});
		if (signal?.aborted === true) throw new MofaError('cancelled', {});
		const ticket = ++this.#lastTicket;
		let onAbort = (): void => undefined;
		try {
			return await new Promise<Grant>((resolve, reject) => {
				onAbort = () => {
					this.#settled(ticket)?.reject(new MofaError('cancelled', {}));
					this.#tell(core => core.cancel(ticket));
				};
				signal?.addEventListener('abort', onAbort, {once: true});
				this.#pending.set(ticket, {resolve, reject, progress: ask.progress ?? (() => undefined)});
				this.#tell(core => core.available(this.#available()));
				this.#tell(core => core.ask(engineAskOf(ask, ticket, candidates)));
			});
		} finally {
			signal?.removeEventListener('abort', onAbort);
		}
	}

	#effects(): Effects {
		const room = this.#room;
		return {
			load: (candidate, threads) => room.load(candidate, threads),
			abort: id => room.abort(id),
			unload: (id, because) => room.unload(id, because),
			shrink: id => room.shrink(id),
			wake: (id, afterMs) => room.wake(id, afterMs),
			threads: (id, count) => room.threads(id, count),
			grant: (ticket, id) => this.#granted(ticket, id),
			reject: (ticket, error) => this.#settled(ticket)?.reject(error),
		};
	}

	#granted(ticket: number, id: string): void {
		const engine = this.#room.engine(id);
		if (engine !== null) this.#settled(ticket)?.resolve({ticket, id, engine});
	}

	/** Each ask settles once: whoever takes it out of the map has the word. */
	#settled(ticket: number): Pending | undefined {
		const pending = this.#pending.get(ticket);
		this.#pending.delete(ticket);
		return pending;
	}

	#progress(id: string, fraction: number): void {
		for (const ticket of this.#core.waitingFor(id)) this.#pending.get(ticket)?.progress(fraction);
	}

	#lose(engine: LoadedEngine, error: MofaError): void {
		for (const lease of this.#held) lease.lose(engine, error);
	}

	/** Every event goes in here, so that what hangs on the state of the core is looked at after each. */
	#tell<Answer>(event: (core: SchedulerCore) => Answer): Answer {
		const answer = event(this.#core);
		if (this.#core.waiting !== this.#lastWaiting) {
			this.#lastWaiting = this.#core.waiting;
			this.#emit({type: 'queue-changed', waiting: this.#lastWaiting});
		}
		for (const condition of this.#conditions) if (condition.holds()) condition.resolve();
		this.#watch();
		return answer;
	}

	#watch(): void {
		if (this.#watching || this.#core.size === 0) return;
		this.#watching = true;
		this.#setTimer(() => {
			this.#watching = false;
			this.tick();
		}, tickMs);
	}

	async #until(holds: () => boolean): Promise<void> {
		if (holds()) return;
		await new Promise<void>(resolve => {
			const condition: Condition = {
				holds,
				resolve: () => {
					this.#conditions.delete(condition);
					resolve();
				},
			};
			this.#conditions.add(condition);
		});
	}

	#emit(event: DaemonEvent): void {
		for (const listener of this.#listeners) listener(event);
	}
}

/** Who names no settings is served by any engine of the model, whatever it was loaded with. */
function engineAskOf<T extends TaskName>(ask: Ask<T>, ticket: number, candidates: readonly Candidate[]): EngineAsk {
	const {model, task, settings = {}, keepAlive, priority = 'interactive', resting = false} = ask;
	const ways = new Set(candidates.map(({adapter}) => adapter));
	return {
		ticket,
		model,
		candidates,
		priority,
		resting,
		...(keepAlive === undefined ? {} : {keepAlive}),
		...(Object.keys(settings).length > 0
			? {}
			: {joins: candidate => candidate.tasks.includes(task) && ways.has(candidate.adapter)}),
	};
}

/** Never keeps the process alive by itself. */
const quietTimer: SetTimer = (callback, ms) => {
	const timer = setTimeout(callback, ms).unref();
	return () => clearTimeout(timer);
};
