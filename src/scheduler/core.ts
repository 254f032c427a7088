import type {Footprint} from '../contract/engine.ts';
import {MofaError} from '../contract/error.ts';
import {enginesFor} from './admission.ts';
import {Books, type Limits} from './books.ts';
import {foreignBytes} from './budget.ts';
import type {Effects} from './effects.ts';
import type {EngineFacts, EngineRecord} from './engine-record.ts';
import {leaks} from './policy.ts';
import {serves, waiterOf, type EngineAsk} from './queue.ts';
import {reject, settle, unload} from './settle.ts';

/** What was read off an engine, now and then. */
export interface EngineReading extends Pick<EngineFacts, 'footprint' | 'reclaimable' | 'usefulThreads'> {
	readonly id: string;
	/** Bytes its process holds, as the operating system counts them. */
	readonly rss: number;
}

/** Readings of the machine's memory may be this old when they arrive. */
const mostReadingAgeMs = 5000;

/**
 * Decides; never waits, logs or touches an engine. Events come in as method calls on one thread, effects go
 * out through `Effects`, so there is nothing to lock and every path can be tested synchronously.
 *
 * Each event is entered in the books, then `settle` looks at what they allow now. An event about an engine or
 * a ticket that is no longer there is old news and changes nothing.
 */
export class SchedulerCore {
	readonly #books: Books;
	readonly #effects: Effects;
	readonly #now: () => number;
	#draining = false;
	/** When memory was last on its way in or out. */
	#lastFlux = -Infinity;
	#wasInFlux = false;

	/** @param now Milliseconds on a clock that never goes back. */
	constructor(limits: Limits, effects: Effects, now: () => number) {
		this.#books = new Books(limits);
		this.#effects = effects;
		this.#now = now;
	}

	get engines(): readonly Readonly<EngineRecord>[] {
		return [...this.#books.fleet];
	}

	get size(): number {
		return this.#books.fleet.size;
	}

	get waiting(): number {
		return this.#books.queue.size;
	}

	/** What engines hold, by our own count. */
	get tracked(): Footprint {
		return {...this.#books.fleet.used};
	}

	/** What engines may hold: the budget, less what other programs have taken of it. */
	get capacity(): Footprint {
		return this.#books.capacity;
	}

	/** Tickets that this engine would serve: they want to hear how its load goes. */
	waitingFor(id: string): readonly number[] {
		const engine = this.#books.fleet.get(id);
		if (engine === undefined) return [];
		return [...this.#books.queue].filter(waiter => serves(waiter, engine.candidate)).map(({ticket}) => ticket);
	}

	// From those who want a model.

	/** Answered by `grant` or `reject`, now or later, exactly once, unless it is cancelled before. */
	ask(ask: EngineAsk): void {
		const {queue, fleet, limits} = this.#books;
		const full = queue.size >= limits.queueLimit;
		const hopeless = full && !enginesFor(ask, fleet).some(engine => engine.open);
		if (this.#draining || hopeless) return this.#effects.reject(ask.ticket, this.#busy(ask));
		const waiter = waiterOf(ask, this.#now());
		queue.add(waiter);
		this.#settle();
		// It was let past the bound for a free slot, but someone ahead had the better claim to that.
		if (full && queue.has(ask.ticket)) reject(this.#books, this.#effects, waiter, this.#busy(ask));
	}

	/** The asker left. A load that nobody waits for any more is given up. */
	cancel(ticket: number): void {
		const {queue, fleet} = this.#books;
		if (queue.remove(ticket) === undefined) return;
		for (const engine of fleet) {
			if (engine.state !== 'loading') continue;
			if (!queue.some(waiter => serves(waiter, engine.candidate))) this.#abort(engine);
		}
		this.#settle();
	}

	/** Nothing is asked of the lease for now, or something is again: its cores go to others and come back. */
	rest(ticket: number, resting: boolean): void {
		this.#books.leases.get(ticket)?.rest(ticket, resting);
		this.#settle();
	}

	/** The lease has ended. */
	release(ticket: number): void {
		const {leases, breakers, serviceTimes, rested} = this.#books;
		const engine = leases.get(ticket);
		const holder = engine?.release(ticket, this.#now());
		if (engine === undefined || holder === undefined) return;
		leases.delete(ticket);
		breakers.served(engine.candidate);
		serviceTimes.add(this.#now() - holder.since);
		rested.add(engine);
		this.#settle();
	}

	// From engines.

	/** Its own measurement takes the place of the estimate. */
	loaded(id: string, facts: EngineFacts): void {
		const engine = this.#books.fleet.get(id);
		if (engine?.state !== 'loading') return;
		this.#books.breakers.loaded(engine.candidate);
		engine.ready(facts, this.#now());
		this.#books.pressed = true;
		this.#books.rested.add(engine);
		this.#settle();
	}

	/** Everyone who waited for it hears the same error, and its room is free. */
	loadFailed(id: string, error: MofaError): void {
		const {fleet, breakers, queue} = this.#books;
		const engine = fleet.get(id);
		if (engine?.state !== 'loading') return this.unloaded(id);
		fleet.remove(engine);
		breakers.loadFailed(engine.candidate, error, this.#now());
		for (const waiter of queue) {
			if (serves(waiter, engine.candidate)) reject(this.#books, this.#effects, waiter, error);
		}
		this.#settle();
	}

	/** It dropped what it could; `footprint` is what it holds now. */
	shrunk(id: string, footprint: Footprint): void {
		const engine = this.#books.fleet.get(id);
		if (engine?.state !== 'shrinking') return;
		engine.shrankTo(footprint);
		this.#books.rested.add(engine);
		this.#settle();
	}

	shrinkFailed(id: string): void {
		const engine = this.#books.fleet.get(id);
		if (engine?.state !== 'shrinking') return;
		unload(this.#effects, engine, 'shrink-failed');
		this.#settle();
	}

	/** Its memory is free. */
	unloaded(id: string): void {
		const engine = this.#books.fleet.get(id);
		if (engine === undefined) return;
		this.#books.fleet.remove(engine);
		this.#settle();
	}

	/** Its process is gone unasked, with every lease on it. Those who still wait get a fresh load. */
	died(id: string, error: MofaError): void {
		const engine = this.#books.fleet.get(id);
		if (engine === undefined || engine.state === 'unloading') return;
		this.#books.breakers.died(engine.candidate, error, this.#now());
		for (const ticket of engine.leases.keys()) this.#books.leases.delete(ticket);
		unload(this.#effects, engine, 'died');
		this.#settle();
	}

	// From the clock and the machine.

	/** A `wake` has come. Timers fire early and late, so the books have the last word. */
	woke(id: string): void {
		const engine = this.#books.fleet.get(id);
		if (engine === undefined) return;
		this.#books.rested.add(engine);
		this.#settle();
	}

	/** Engines were measured. One that leaks goes when it is next idle. */
	measured(readings: readonly EngineReading[]): void {
		for (const reading of readings) {
			const engine = this.#books.fleet.get(reading.id);
			if (engine?.state !== 'ready') continue;
			engine.measure(reading);
			engine.usefulThreads = reading.usefulThreads;
			if (leaks(engine.footprint, reading.rss)) engine.dismiss('leak');
			if (engine.leavesBecause !== null) this.#books.rested.add(engine);
		}
		this.#books.pressed = true;
		this.#settle();
	}

	/**
	 * The bytes per pool that the operating system could still give, as read within the last seconds. A reading from
	 * a time when memory was on its way in or out is half true, so it is passed over, and what was known stays.
	 */
	available(bytes: Footprint): void {
		const {fleet, limits} = this.#books;
		if (fleet.inFlux || this.#now() - this.#lastFlux < mostReadingAgeMs) return;
		this.#books.foreign = foreignBytes(limits.budget, bytes, this.tracked);
		this.#books.pressed = true;
		this.#settle();
	}

	configure(limits: Partial<Limits>): void {
		this.#books.limits = {...this.#books.limits, ...limits};
		this.#books.pressed = true;
		this.#settle();
	}

	// From the person.

	/**
	 * Unloads every engine of the model that is idle. Returns how many leases and asks keep the others: with
	 * `whenIdle` these take no new leases and go after the last, without it nothing happens if there are any.
	 */
	unload(model: string, whenIdle: boolean): number {
		const engines = this.#ofModel(model);
		const wanted = new Set(engines.flatMap(({id, leases}) => [...leases.keys(), ...this.waitingFor(id)]));
		if (wanted.size > 0 && !whenIdle) return wanted.size;
		for (const engine of engines) this.#dismiss(engine, 'asked');
		this.#settle();
		return wanted.size;
	}

	/** Pinned engines are neither evicted nor unloaded for being idle. Returns how many engines there are. */
	pin(model: string, pinned: boolean): number {
		const engines = this.#ofModel(model);
		for (const engine of engines) {
			engine.pin(pinned, this.#books.limits.keepAliveMs);
			this.#books.rested.add(engine);
		}
		this.#settle();
		return engines.length;
	}

	/** No new leases; those who wait are told to come back; engines go as their leases end. */
	drain(): void {
		this.#draining = true;
		for (const waiter of this.#books.queue) reject(this.#books, this.#effects, waiter, this.#busy(waiter));
		for (const engine of this.#books.fleet) {
			if (engine.state === 'loading') this.#abort(engine);
			else this.#dismiss(engine, 'shutdown');
		}
		this.#settle();
	}

	#settle(): void {
		settle(this.#books, this.#effects, this.#now());
		const {inFlux} = this.#books.fleet;
		if (inFlux || this.#wasInFlux) this.#lastFlux = this.#now();
		this.#wasInFlux = inFlux;
	}

	#ofModel(model: string): readonly EngineRecord[] {
		return this.#books.fleet.ofModel(model).filter(engine => engine.state !== 'unloading');
	}

	#dismiss(engine: EngineRecord, because: 'asked' | 'shutdown'): void {
		engine.dismiss(because);
		// Those who wait for a load are served before it goes.
		engine.closed = engine.state !== 'loading';
		this.#books.rested.add(engine);
	}

	#abort(engine: EngineRecord): void {
		engine.unload();
		this.#books.breakers.abandoned(engine.candidate);
		this.#effects.abort(engine.id);
	}

	#busy({model}: EngineAsk): MofaError {
		const {queue, leases, serviceTimes} = this.#books;
		const retryAfterSeconds = serviceTimes.retryAfterSeconds(queue.size, leases.size);
		return new MofaError('busy', {model, queued: queue.size, retryAfterSeconds});
	}
}
