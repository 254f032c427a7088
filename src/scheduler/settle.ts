import type {Footprint} from '../contract/engine.ts';
import type {MofaError} from '../contract/error.ts';
import {admit, type Scene} from './admission.ts';
import type {Books} from './books.ts';
import type {Breakers} from './breaker.ts';
import type {Candidate} from './candidate.ts';
import type {Effects, UnloadReason} from './effects.ts';
import {EngineRecord} from './engine-record.ts';
import type {Fleet} from './fleet.ts';
import {fits, minus, plus} from './footprint.ts';
import {relieve, worthAwaiting, type Newcomer, type Plan, type View} from './policy.ts';
import type {Waiter} from './queue.ts';
import {Reservations} from './reservations.ts';
import {allot} from './threads.ts';

/** Brings the world in line with the books, after every event: the one place where decisions become effects. */
export function settle(books: Books, effects: Effects, now: number): void {
	const scene = new CurrentScene(books, now);
	const starting = serveQueue(books, effects, scene);
	letRest(books, effects, scene);
	relievePressure(books, effects, scene);
	shareCores(books, effects);
	for (const engine of starting) effects.load(engine.candidate, engine.threads);
}

/** Sums up the engines once, and again only after something changed. */
class CurrentScene implements Scene {
	readonly now: number;
	readonly fleet: Fleet;
	readonly breakers: Breakers;
	readonly ahead: Reservations = new Reservations();
	readonly #books: Books;
	#view: View | null = null;

	constructor(books: Books, now: number) {
		this.now = now;
		this.fleet = books.fleet;
		this.breakers = books.breakers;
		this.#books = books;
	}

	get view(): View {
		this.#view ??= this.#books.view(this.now);
		return this.#view;
	}

	changed(): void {
		this.#view = null;
	}
}

/** Most urgent first. Whoever waits for room holds it against those behind, so that none starves. */
function serveQueue(books: Books, effects: Effects, scene: CurrentScene): readonly EngineRecord[] {
	const starting: EngineRecord[] = [];
	for (const waiter of books.queue) {
		const admission = admit(waiter, scene);
		if (admission.kind === 'wait') continue;
		if (admission.kind === 'reject') {
			reject(books, effects, waiter, admission.error);
		} else if (admission.kind === 'grant') {
			scene.ahead.take(admission.engine.dropped ?? {});
			grant(books, effects, waiter, admission.engine, scene.now);
			scene.changed();
		} else if (admission.kind === 'load') {
			scene.ahead.take(admission.candidate.needs);
			starting.push(begin(books, admission.candidate, waiter, scene.now));
			scene.changed();
		} else if (admission.kind === 'clear') {
			clear(books, effects, admission.plan, 'room');
			scene.changed();
			scene.ahead.hold(waiter, admission.newcomer.need, scene.view.soon);
		} else {
			claim(waiter, admission.newcomer, scene);
			scene.ahead.hold(waiter, admission.newcomer.need, roomAfter(waiter, scene));
		}
	}
	return starting;
}

function grant(books: Books, effects: Effects, waiter: Waiter, engine: EngineRecord, now: number): void {
	const {ticket, priority, keepAlive, resting = false} = waiter;
	books.queue.remove(ticket);
	books.leases.set(ticket, engine);
	engine.lease(ticket, {priority, since: now}, keepAlive);
	if (resting) engine.rest(ticket, true);
	effects.grant(ticket, engine.id);
}

export function reject(books: Books, effects: Effects, waiter: Waiter, error: MofaError): void {
	books.queue.remove(waiter.ticket);
	effects.reject(waiter.ticket, error);
}

function begin(books: Books, candidate: Candidate, waiter: Waiter, now: number): EngineRecord {
	const engine = new EngineRecord(candidate, waiter.keepAlive ?? books.limits.keepAliveMs, now);
	books.fleet.add(engine);
	books.breakers.started(candidate);
	return engine;
}

function clear({fleet}: Books, effects: Effects, plan: Plan, because: UnloadReason): void {
	for (const engine of plan.shrink.flatMap(id => fleet.get(id) ?? [])) {
		engine.shrink();
		effects.shrink(engine.id);
	}
	for (const engine of plan.unload.flatMap(id => fleet.get(id) ?? [])) unload(effects, engine, because);
}

/**
 * What it claims stays the same while some of that is in use: a set that only empties is empty in the end. Nothing, once what is
 * leaving will do: what it claimed is not its room then, and those behind must not take the other.
 */
function claim(waiter: Waiter, newcomer: Newcomer, {fleet, view}: Scene): void {
	if (fits(newcomer.need, view.soon)) {
		waiter.claims = [];
		return;
	}
	const claimed = waiter.claims.map(id => fleet.get(id));
	const stands = claimed.every(one => one !== undefined) && claimed.some(one => one.active);
	if (!stands) waiter.claims = worthAwaiting(newcomer, view);
}

/** What will be free when all that is claimed has gone, and all that is leaving. */
function roomAfter({claims}: Waiter, {fleet, view}: Scene): Footprint {
	return claims
		.flatMap(id => fleet.get(id) ?? [])
		.reduce((room, one) => plus(room, minus(one.footprint, one.leaving ?? {})), view.soon);
}

/** Idle, and nobody in the queue could use it: it goes now, or its keep-alive begins to run. */
function letRest({rested}: Books, effects: Effects, scene: CurrentScene): void {
	for (const engine of rested) {
		if (!engine.idle) continue;
		const left = engine.keepAlive - (scene.now - engine.lastUsed);
		if (engine.leavesBecause !== null) unload(effects, engine, engine.leavesBecause);
		else if (engine.pinned) continue;
		else if (left <= 0) unload(effects, engine, 'idle');
		else effects.wake(engine.id, left);
	}
	rested.clear();
	scene.changed();
}

/** An engine measured larger than its estimate, another program took memory, or the budget was lowered. */
function relievePressure(books: Books, effects: Effects, scene: Scene): void {
	if (!books.pressed) return;
	books.pressed = !fits(books.fleet.used, books.capacity);
	if (books.pressed) clear(books, effects, relieve(scene.view), 'pressure');
}

/** Those who lose cores hear it first, so that the sum is never more than there are. */
function shareCores({fleet, limits}: Books, effects: Effects): void {
	const {computing} = fleet;
	const shares = allot(limits.cores, computing);
	const changes = computing
		.map(engine => ({engine, gain: (shares.get(engine.id) ?? 1) - engine.threads}))
		.filter(({gain}) => gain !== 0)
		.toSorted((a, b) => a.gain - b.gain);
	for (const {engine, gain} of changes) {
		// An engine that has none yet is about to load, and hears its number with that.
		const told = engine.threads > 0;
		engine.threads += gain;
		if (told) effects.threads(engine.id, engine.threads);
	}
}

export function unload(effects: Effects, engine: EngineRecord, because: UnloadReason): void {
	engine.unload();
	effects.unload(engine.id, because);
}
