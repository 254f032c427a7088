import type {Footprint} from '../contract/engine.ts';
import type {MofaError} from '../contract/error.ts';
import {admit, type Scene} from './admission.ts';
import type {Books} from './books.ts';
import type {Candidate} from './candidate.ts';
import type {Effects, UnloadReason} from './effects.ts';
import {EngineRecord} from './fleet.ts';
import {fits, minus, plus, total} from './footprint.ts';
import {relieve, type Plan, type View} from './policy.ts';
import type {Waiter} from './queue.ts';
import {Reservations} from './reservations.ts';
import {allot} from './threads.ts';

/** Brings the world in line with the books, after every event: the one place where decisions become effects. */
export function settle(books: Books, effects: Effects, now: number): void {
	const starting = serveQueue(books, effects, now);
	letRest(books, effects, now);
	relievePressure(books, effects, now);
	shareCores(books, effects);
	for (const engine of starting) effects.load(engine.candidate, engine.threads);
}

/** Most urgent first. Whoever waits for room holds it against those behind, so that none starves. */
function serveQueue(books: Books, effects: Effects, now: number): readonly EngineRecord[] {
	const {fleet, breakers, queue} = books;
	const ahead = new Reservations();
	let view: View | null = null;
	const scene: Scene = {now, fleet, breakers, ahead, view: () => (view ??= books.view(now))};
	const starting: EngineRecord[] = [];
	for (const waiter of queue) {
		const admission = admit(waiter, scene);
		if (admission.kind === 'wait') continue;
		view = null;
		if (admission.kind === 'reject') {
			reject(books, effects, waiter, admission.error);
		} else if (admission.kind === 'grant') {
			ahead.take(admission.engine.dropped ?? {});
			grant(books, effects, waiter, admission.engine, now);
		} else if (admission.kind === 'load') {
			ahead.take(admission.candidate.needs);
			starting.push(begin(books, admission.candidate, waiter, now));
		} else {
			if (admission.kind === 'clear') clear(books, effects, admission, 'room');
			else claim(books, waiter, admission.awaits);
			ahead.hold(waiter, admission.need, roomAfter(books, waiter));
		}
	}
	return starting;
}

function grant(books: Books, effects: Effects, waiter: Waiter, engine: EngineRecord, now: number): void {
	books.queue.remove(waiter.ticket);
	books.leases.set(waiter.ticket, engine);
	engine.regrow();
	engine.leases.set(waiter.ticket, {priority: waiter.priority, since: now});
	engine.lastUsed = now;
	engine.keepAlive = waiter.keepAlive ?? engine.keepAlive;
	effects.grant(waiter.ticket, engine.id);
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
		engine.state = 'shrinking';
		effects.shrink(engine.id);
	}
	for (const engine of plan.unload.flatMap(id => fleet.get(id) ?? [])) unload(effects, engine, because);
}

/** What it claims stays the same while some of that is in use: a set that only empties is empty in the end. */
function claim({fleet}: Books, waiter: Waiter, awaits: readonly string[]): void {
	const claimed = waiter.claims.map(id => fleet.get(id));
	const stands = claimed.every(one => one !== undefined) && claimed.some(one => one.active);
	if (!stands) waiter.claims = awaits;
}

function roomAfter({fleet, capacity}: Books, {claims}: Waiter): Footprint {
	const coming = [...fleet].map(one => (claims.includes(one.id) ? one.footprint : (one.leaving ?? {})));
	return plus(minus(capacity, fleet.tracked()), total(coming));
}

/** Idle, and nobody in the queue could use it: it goes now, or its keep-alive begins to run. */
function letRest({rested}: Books, effects: Effects, now: number): void {
	for (const engine of rested) {
		if (!engine.idle) continue;
		const left = engine.keepAlive - (now - engine.lastUsed);
		if (engine.leavesBecause !== null) unload(effects, engine, engine.leavesBecause);
		else if (engine.pinned) continue;
		else if (left <= 0) unload(effects, engine, 'idle');
		else effects.wake(engine.id, left);
	}
	rested.clear();
}

/** An engine measured larger than its estimate, another program took memory, or the budget was lowered. */
function relievePressure(books: Books, effects: Effects, now: number): void {
	if (fits(books.fleet.tracked(), books.capacity)) return;
	clear(books, effects, relieve(books.view(now)), 'pressure');
}

/** Those who lose cores hear it first, so that the sum is never more than there are. */
function shareCores({fleet, limits}: Books, effects: Effects): void {
	const active = [...fleet].filter(engine => engine.active);
	const shares = allot(limits.cores, active);
	const changes = active
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
	engine.state = 'unloading';
	effects.unload(engine.id, because);
}
