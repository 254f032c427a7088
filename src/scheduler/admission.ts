import type {Footprint} from '../contract/engine.ts';
import {MofaError, type PassedOver} from '../contract/error.ts';
import type {Breakers} from './breaker.ts';
import type {Candidate} from './candidate.ts';
import type {EngineRecord} from './engine-record.ts';
import type {Fleet} from './fleet.ts';
import {fits} from './footprint.ts';
import {decide, type Newcomer, type Plan, type Verdict, type View} from './policy.ts';
import {serves, type EngineAsk, type Waiter} from './queue.ts';
import type {Reservations} from './reservations.ts';

/** What is to be done for one waiter now. */
export type Admission =
	| {readonly kind: 'grant'; readonly engine: EngineRecord}
	| {readonly kind: 'load'; readonly candidate: Candidate}
	/** For an engine that is there, on its way or leaving; or behind someone. Holds up nobody. */
	| {readonly kind: 'wait'}
	/** Make these go, then hold the room. */
	| {readonly kind: 'clear'; readonly newcomer: Newcomer; readonly plan: Plan}
	/** For room: nobody behind may take it. */
	| {readonly kind: 'hold'; readonly newcomer: Newcomer}
	| {readonly kind: 'reject'; readonly error: MofaError};

/** All that a decision looks at. */
export interface Scene {
	readonly now: number;
	readonly fleet: Fleet;
	readonly breakers: Breakers;
	/** What waiters ahead of this one have been promised. */
	readonly ahead: Reservations;
	readonly view: View;
}

/**
 * Decides for one waiter; changes nothing.
 *
 * 1. An engine that serves it has a free slot: grant it, once there is room for the context it may have dropped.
 * 2. One that serves it is loading, full, or on its way out: wait for it.
 * 3. Else take the first candidate that is not passed over. A candidate
 *    3.1 whose backend failed again and again is passed over; while a probe is on its way, wait for that;
 *    3.2 that can never fit is passed over;
 *    3.3 that fits is loaded, if those ahead can spare the bytes;
 *    3.4 that will fit when idle engines have shrunk or gone: clear them;
 *    3.5 that will fit when engines in use have gone: hold the room;
 *    3.6 behind someone who waits for room in the same pool, 3.4 and 3.5 have to wait.
 * 4. Every candidate was passed over: reject, with the reason for each.
 */
export function admit(waiter: Waiter, scene: Scene): Admission {
	const present = enginesFor(waiter, scene.fleet);
	const open = present.find(engine => engine.open && !scene.ahead.withholds(engine, waiter, scene.now));
	if (open !== undefined) return grant(open, waiter, scene); // 1
	if (present.length > 0) return {kind: 'wait'}; // 2

	const refusals: Refusal[] = [];
	for (const candidate of waiter.candidates) {
		const gate = scene.breakers.gate(candidate, scene.now);
		if (gate.kind === 'probing') return {kind: 'wait'}; // 3.1
		if (gate.kind === 'resting') {
			refusals.push({candidate, because: `${gate.error.code} again and again`, error: gate.error});
			continue;
		}
		const newcomer = newcomerOf(candidate.needs, candidate.model, null, scene);
		const verdict = decide(newcomer, scene.view);
		if (verdict.kind !== 'never') return forRoom(verdict, newcomer, scene, {kind: 'load', candidate});
		refusals.push({candidate, because: tooLarge(verdict), error: doesNotFit(waiter, verdict)}); // 3.2
	}
	return {kind: 'reject', error: rejection(waiter, refusals)}; // 4
}

/** The engines that would serve it: its candidates in their order, then others of the same model. */
export function enginesFor(ask: EngineAsk, fleet: Fleet): readonly EngineRecord[] {
	const serving: EngineRecord[] = [];
	for (const {id} of ask.candidates) {
		const engine = fleet.get(id);
		if (engine !== undefined) serving.push(engine);
	}
	if (ask.joins === undefined) return serving;
	const siblings = fleet.ofModel(ask.candidates[0]?.model ?? '');
	return [...serving, ...siblings.filter(one => !serving.includes(one) && serves(ask, one.candidate))];
}

function grant(engine: EngineRecord, waiter: Waiter, scene: Scene): Admission {
	if (engine.dropped === null) return {kind: 'grant', engine};
	const newcomer = newcomerOf(engine.dropped, engine.model, engine, scene);
	const verdict = decide(newcomer, scene.view);
	if (verdict.kind === 'never') return {kind: 'reject', error: doesNotFit(waiter, verdict)};
	return forRoom(verdict, newcomer, scene, {kind: 'grant', engine});
}

function newcomerOf(need: Footprint, model: string, of: EngineRecord | null, {ahead}: Scene): Newcomer {
	return {need, model, of, behind: ahead.touches(need)};
}

/** `then`, if there is room for it; otherwise what makes room. */
function forRoom(
	verdict: Exclude<Verdict, {kind: 'never'}>,
	newcomer: Newcomer,
	{ahead}: Scene,
	then: Admission,
): Admission {
	if (verdict.kind === 'fits') return ahead.spares(newcomer.need) ? then : {kind: 'wait'}; // 3.3
	if (newcomer.behind) return {kind: 'wait'}; // 3.6
	if (verdict.kind === 'clear') return {kind: 'clear', newcomer, plan: verdict}; // 3.4
	return {kind: 'hold', newcomer}; // 3.5
}

interface Refusal {
	readonly candidate: Candidate;
	readonly because: string;
	readonly error: MofaError;
}

/** Not fitting is said first: unlike a backend that rests, it does not pass by itself. */
function rejection({model}: Waiter, refusals: readonly Refusal[]): MofaError {
	const passedOver: PassedOver[] = refusals.map(({candidate: {variant, adapter}, because}) => ({
		variant,
		adapter,
		because,
	}));
	for (const {error} of refusals) {
		if (MofaError.is(error, 'does-not-fit')) return new MofaError('does-not-fit', {...error.data, passedOver});
	}
	return refusals[0]?.error ?? new MofaError('does-not-fit', {model, needs: {}, has: {}, passedOver});
}

function doesNotFit({model}: Waiter, {needs, has}: Extract<Verdict, {kind: 'never'}>): MofaError {
	return new MofaError('does-not-fit', {model, needs, has, passedOver: []});
}

function tooLarge({needs, has}: Extract<Verdict, {kind: 'never'}>): string {
	return Object.entries(needs)
		.filter(([pool, bytes]) => !fits({[pool]: bytes}, has))
		.map(([pool, bytes]) => `needs ${bytes} bytes of ${pool}, ${Math.max(0, has[pool] ?? 0)} can be had`)
		.join('; ');
}
