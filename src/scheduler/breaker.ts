import {MofaError, type FailureCode} from '../contract/error.ts';
import type {Candidate} from './candidate.ts';

export type Gate =
	| {readonly kind: 'pass'}
	/** One try is on its way; wait for what it shows. */
	| {readonly kind: 'probing'}
	| {readonly kind: 'resting'; readonly ms: number; readonly error: MofaError};

const threshold = 3;
const restMs = 30_000;

/** Three failures in a row open it for 30 s; then one probe decides. The clock is passed in. */
export class Breaker {
	#failures = 0;
	#openedAt: number | null = null;
	#probing = false;
	#last: MofaError = new MofaError('internal', {problem: 'nothing has failed'});

	get failures(): number {
		return this.#failures;
	}

	get probing(): boolean {
		return this.#probing;
	}

	gate(now: number): Gate {
		if (this.#probing) return {kind: 'probing'};
		if (this.#openedAt === null || now - this.#openedAt >= restMs) return {kind: 'pass'};
		return {kind: 'resting', ms: restMs - (now - this.#openedAt), error: this.#last};
	}

	/** A try begins: after a rest it is the probe. */
	started(): void {
		if (this.#openedAt !== null) this.#probing = true;
	}

	/** The try ended without showing anything. */
	abandoned(): void {
		this.#probing = false;
	}

	failed(error: MofaError, now: number): void {
		this.#failures += 1;
		this.#last = error;
		if (this.#failures >= threshold) this.#openedAt = now;
		this.#probing = false;
	}

	succeeded(): void {
		this.#failures = 0;
		this.#openedAt = null;
		this.#probing = false;
	}
}

/**
 * One breaker for each backend and each engine that failed. A model that cannot load rests alone: however often
 * it is tried, it counts once against its backend, so one broken file does not shut out the sound ones.
 */
export class Breakers {
	readonly #backends = new Map<string, Breaker>();
	readonly #engines = new Map<string, Breaker>();

	gate(candidate: Candidate, now: number): Gate {
		const engine = this.#engines.get(candidate.id)?.gate(now) ?? {kind: 'pass'};
		if (engine.kind !== 'pass') return engine;
		const backend = this.#backends.get(candidate.backend)?.gate(now) ?? {kind: 'pass'};
		if (backend.kind !== 'resting') return backend;
		return {...backend, error: unavailable(candidate.backend, backend.ms, backend.error)};
	}

	started(candidate: Candidate): void {
		this.#engines.get(candidate.id)?.started();
		this.#backends.get(candidate.backend)?.started();
	}

	abandoned(candidate: Candidate): void {
		this.#engines.get(candidate.id)?.abandoned();
		this.#backends.get(candidate.backend)?.abandoned();
	}

	loadFailed(candidate: Candidate, error: MofaError, now: number): void {
		if (!blamesBackend.has(error.code)) return this.abandoned(candidate);
		const engine = entry(this.#engines, candidate.id);
		const backend = entry(this.#backends, candidate.backend);
		if (engine.failures === 0 || backend.probing) backend.failed(error, now);
		engine.failed(error, now);
	}

	/** The backend can load; whether the engine can work shows when it has served. */
	loaded(candidate: Candidate): void {
		this.#engines.get(candidate.id)?.abandoned();
		this.#backends.get(candidate.backend)?.succeeded();
	}

	served(candidate: Candidate): void {
		this.#engines.delete(candidate.id);
	}

	died(candidate: Candidate, error: MofaError, now: number): void {
		entry(this.#engines, candidate.id).failed(error, now);
	}
}

/** A damaged file or a wrong setting says nothing about the backend that was to read it. */
const blamesBackend: ReadonlySet<FailureCode> = new Set([
	'backend-unavailable',
	'load-failed',
	'runner-failed',
	'internal',
]);

function unavailable(backend: string, ms: number, cause: MofaError): MofaError {
	const hint = `it failed ${threshold} times in a row and is tried again in ${Math.ceil(ms / 1000)} s`;
	return new MofaError('backend-unavailable', {backend, reason: 'crashed', hint}, {cause});
}

/** Ids come from outside, so the map is bounded; the oldest failure is the least missed. */
const mostRemembered = 1024;

function entry(breakers: Map<string, Breaker>, key: string): Breaker {
	const known = breakers.get(key);
	if (known !== undefined) return known;
	const oldest = breakers.keys().next();
	if (breakers.size >= mostRemembered && oldest.done !== true) breakers.delete(oldest.value);
	const fresh = new Breaker();
	breakers.set(key, fresh);
	return fresh;
}
