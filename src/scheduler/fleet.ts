import type {Footprint} from '../contract/engine.ts';
import {reloadMsOf, type Candidate} from './candidate.ts';
import type {UnloadReason} from './effects.ts';
import {minus, positive, total} from './footprint.ts';
import type {Resident} from './policy.ts';
import type {Priority} from './queue.ts';

/** `loading` → `ready` ⇄ `shrinking`, and from each of them → `unloading` → gone. */
export type EngineState = 'loading' | 'ready' | 'shrinking' | 'unloading';

/** What an engine tells about itself, measured. */
export interface EngineFacts {
	readonly footprint: Footprint;
	readonly reclaimable?: Footprint;
	readonly slots: number;
	readonly usefulThreads: number;
}

export interface Holder {
	readonly priority: Priority;
	readonly since: number;
}

/** One engine in the books: what it holds, who holds it, and how long it stays. */
export class EngineRecord {
	readonly candidate: Candidate;
	readonly leases: Map<number, Holder> = new Map();
	readonly since: number;
	state: EngineState = 'loading';
	footprint: Footprint;
	/** What it can drop; null: nothing, or dropped already. */
	reclaimable: Footprint | null = null;
	/** What it has dropped: its next lease takes this again, so there must be room for it again. */
	dropped: Footprint | null = null;
	slots: number;
	usefulThreads: number;
	/** As last told to the engine. */
	threads = 0;
	keepAlive: number;
	pinnedByHand = false;
	/** Why it goes as soon as it is idle; null: it stays for its keep-alive. */
	leavesBecause: UnloadReason | null = null;
	/** It takes no further leases. */
	closed = false;
	lastUsed: number;
	/** Milliseconds its load took; null until it has loaded. */
	loadedMs: number | null = null;

	constructor(candidate: Candidate, keepAlive: number, now: number) {
		this.candidate = candidate;
		this.footprint = positive(candidate.needs);
		this.slots = candidate.slots ?? 1;
		this.usefulThreads = candidate.usefulThreads ?? Infinity;
		this.keepAlive = keepAlive;
		this.since = now;
		this.lastUsed = now;
	}

	get id(): string {
		return this.candidate.id;
	}

	get pinned(): boolean {
		return (
			(this.pinnedByHand || this.keepAlive === Infinity) && this.state !== 'unloading' && this.leavesBecause === null
		);
	}

	get idle(): boolean {
		return this.state === 'ready' && this.leases.size === 0;
	}

	get open(): boolean {
		return this.state === 'ready' && !this.closed && this.leases.size < this.slots;
	}

	/** Computes now: it needs cores, and may not be evicted. */
	get active(): boolean {
		return this.state === 'loading' || this.leases.size > 0;
	}

	/** A person waits for what it does. */
	get urgent(): boolean {
		if (this.state === 'loading') return true;
		for (const {priority} of this.leases.values()) if (priority === 'interactive') return true;
		return false;
	}

	get reloadMs(): number {
		return this.loadedMs ?? reloadMsOf(this.candidate);
	}

	/** Bytes that are about to come free by themselves. */
	get leaving(): Footprint | null {
		if (this.state === 'unloading') return this.footprint;
		return this.state === 'shrinking' ? this.reclaimable : null;
	}

	/** The load is done; from here on its own word counts. */
	ready(facts: EngineFacts, now: number): void {
		this.state = 'ready';
		this.measure(facts);
		this.slots = Math.max(1, facts.slots);
		this.usefulThreads = facts.usefulThreads;
		this.loadedMs = now - this.since;
		this.lastUsed = now;
	}

	/** A new measurement. Not for one that dropped its context: its books know what it will need again. */
	measure({footprint, reclaimable}: Pick<EngineFacts, 'footprint' | 'reclaimable'>): void {
		if (this.dropped !== null) return;
		this.footprint = positive(footprint);
		const bytes = positive(reclaimable ?? {});
		this.reclaimable = Object.keys(bytes).length > 0 ? bytes : null;
	}

	/** `shrink` is done; what it gave back is the difference to what it held. */
	shrankTo(footprint: Footprint): void {
		this.state = 'ready';
		const given = positive(minus(this.footprint, footprint));
		this.dropped = Object.keys(given).length > 0 ? given : null;
		this.footprint = positive(footprint);
		this.reclaimable = null;
	}

	/** It is about to be used, so what it dropped comes back. */
	regrow(): void {
		if (this.dropped === null) return;
		this.footprint = total([this.footprint, this.dropped]);
		this.reclaimable = this.dropped;
		this.dropped = null;
	}
}

/** Every engine that holds memory, by id and by model. */
export class Fleet implements Iterable<EngineRecord> {
	readonly #engines = new Map<string, EngineRecord>();
	readonly #byModel = new Map<string, Set<EngineRecord>>();

	get size(): number {
		return this.#engines.size;
	}

	[Symbol.iterator](): Iterator<EngineRecord> {
		return this.#engines.values();
	}

	get(id: string): EngineRecord | undefined {
		return this.#engines.get(id);
	}

	ofModel(model: string): readonly EngineRecord[] {
		return [...(this.#byModel.get(model) ?? [])];
	}

	add(engine: EngineRecord): void {
		this.#engines.set(engine.id, engine);
		const siblings = this.#byModel.get(engine.candidate.model) ?? new Set();
		this.#byModel.set(engine.candidate.model, siblings.add(engine));
	}

	remove(engine: EngineRecord): void {
		this.#engines.delete(engine.id);
		const siblings = this.#byModel.get(engine.candidate.model);
		siblings?.delete(engine);
		if (siblings?.size === 0) this.#byModel.delete(engine.candidate.model);
	}

	/** What all engines hold, by our own count: the ones that load with what they will need. */
	tracked(): Footprint {
		return total([...this.#engines.values()].map(engine => engine.footprint));
	}

	/** True while memory is on its way in or out, so that a reading of the system's would be half true. */
	get inFlux(): boolean {
		for (const engine of this.#engines.values()) if (engine.state !== 'ready') return true;
		return false;
	}

	/** As the policy sees them. */
	residents(now: number): readonly Resident[] {
		return [...this.#engines.values()].map(engine => ({
			id: engine.id,
			model: engine.candidate.model,
			footprint: engine.footprint,
			reclaimable: engine.reclaimable,
			leaving: engine.leaving,
			held: engine.active,
			pinned: engine.pinned,
			idleMs: now - engine.lastUsed,
			reloadMs: engine.reloadMs,
		}));
	}
}
