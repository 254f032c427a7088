import type {Footprint} from '../../../src/contract/engine.ts';
import type {MofaError} from '../../../src/contract/error.ts';
import type {Limits} from '../../../src/scheduler/books.ts';
import type {Candidate} from '../../../src/scheduler/candidate.ts';
import {SchedulerCore} from '../../../src/scheduler/core.ts';
import type {Effects} from '../../../src/scheduler/effects.ts';
import type {EngineFacts} from '../../../src/scheduler/engine-record.ts';
import type {EngineAsk} from '../../../src/scheduler/queue.ts';

export interface Harness {
	readonly core: SchedulerCore;
	/** Every effect since the last `take`, as words. */
	readonly take: () => string[];
	readonly errors: Map<number, MofaError>;
	readonly clock: {now: number};
	/** An engine that was asked for, loaded and released. */
	readonly settle: (model: string, bytes: number, facts?: Partial<EngineFacts>, ask?: Partial<EngineAsk>) => void;
	readonly ask: (ticket: number, model: string, bytes: number, more?: Partial<EngineAsk>) => void;
	readonly loaded: (model: string, bytes: number, facts?: Partial<EngineFacts>) => void;
}

export const ram = (bytes: number): Footprint => ({ram: bytes});

export function candidate(id: string, bytes: number, more: Partial<Candidate> = {}): Candidate {
	return {
		id,
		model: id,
		variant: 'f16',
		adapter: 'plain',
		backend: 'fake',
		tasks: ['chat'],
		needs: ram(bytes),
		reloadMs: 1000,
		...more,
	};
}

/** A core on two cores whose effects are recorded. `threads` adds the effects about cores. */
export function setup(
	capacity: Footprint | number,
	{threads = false, ...limits}: Partial<Limits> & {threads?: boolean} = {},
): Harness {
	const clock = {now: 0};
	const errors = new Map<number, MofaError>();
	let log: string[] = [];
	const effects: Effects = {
		load: ({id}, count) => log.push(threads ? `load ${id} ${count}` : `load ${id}`),
		abort: id => log.push(`abort ${id}`),
		unload: (id, because) => log.push(`unload ${id} ${because}`),
		shrink: id => log.push(`shrink ${id}`),
		grant: (ticket, id) => log.push(`grant ${ticket} ${id}`),
		reject: (ticket, error) => {
			errors.set(ticket, error);
			log.push(`reject ${ticket} ${error.code}`);
		},
		wake: (id, ms) => log.push(`wake ${id} ${ms}`),
		threads: (id, count) => {
			if (threads) log.push(`threads ${id} ${count}`);
		},
	};
	const budget = {capacity: typeof capacity === 'number' ? ram(capacity) : capacity, headroom: {}};
	const core = new SchedulerCore(
		{budget, cores: 2, queueLimit: 512, keepAliveMs: 300, ...limits},
		effects,
		() => clock.now,
	);
	const ask: Harness['ask'] = (ticket, model, bytes, more = {}) =>
		core.ask({ticket, model, candidates: [candidate(model, bytes)], ...more});
	const loaded: Harness['loaded'] = (model, bytes, facts = {}) =>
		core.loaded(model, {footprint: ram(bytes), slots: 1, usefulThreads: 8, ...facts});
	const take = (): string[] => {
		const taken = log;
		log = [];
		return taken;
	};
	let prepared = -1;
	const settle: Harness['settle'] = (model, bytes, facts = {}, more = {}) => {
		const ticket = prepared--;
		ask(ticket, model, bytes, more);
		loaded(model, bytes, facts);
		core.release(ticket);
		take();
	};
	return {core, take, errors, clock, settle, ask, loaded};
}
