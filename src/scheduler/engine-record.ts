import type {Footprint} from '../contract/engine.ts';
import {reloadMsOf, type Candidate} from './candidate.ts';
import type {UnloadReason} from './effects.ts';
import {minus, plus, poolsOf, positive} from './footprint.ts';
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

/** One engine in the books: what it holds, who holds it, and how long it stays. It changes by its methods only. */
export class EngineRecord implements Resident {
	readonly candidate: Candidate;
	readonly leases: Map<number, Holder> = new Map();
	/** Of these, those of which nothing is asked for now. */
	readonly #resting: Set<number> = new Set();
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
	/** Why it goes as soon as it is idle; null: it stays for its keep-alive. */
	leavesBecause: UnloadReason | null = null;
	/** It takes no further leases. */
	closed = false;
	lastUsed: number;
	/** Milliseconds its load took; null until it has loaded. */
	loadedMs: number | null = null;
	/** Called after each change, so that sums over all engines stay true. */
	onChange: () => void = () => undefined;
	#pinnedByHand = false;

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

	get model(): string {
		return this.candidate.model;
	}

	get pinned(): boolean {
		return (
			(this.#pinnedByHand || this.keepAlive === Infinity) && this.state !== 'unloading' && this.leavesBecause === null
		);
	}

	get idle(): boolean {
		return this.state === 'ready' && this.leases.size === 0;
	}

	get open(): boolean {
		return this.state === 'ready' && !this.closed && this.leases.size < this.slots;
	}

	/** Computes now: it needs cores. */
	get computing(): boolean {
		return this.state === 'loading' || this.leases.size > this.#resting.size;
	}

	/** Somebody holds it or waits for it to load, so it may not be evicted. */
	get active(): boolean {
		return this.state === 'loading' || this.leases.size > 0;
	}

	get held(): boolean {
		return this.active;
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
		this.slots = Math.max(1, facts.slots);
		this.usefulThreads = facts.usefulThreads;
		this.loadedMs = now - this.since;
		this.lastUsed = now;
		this.measure(facts);
	}

	/** A new measurement. Not for one that dropped its context: its books know what it will need again. */
	measure({footprint, reclaimable}: Pick<EngineFacts, 'footprint' | 'reclaimable'>): void {
		if (this.dropped !== null) return;
		this.footprint = positive(footprint);
		this.reclaimable = something(reclaimable ?? {});
		this.onChange();
	}

	/** What it dropped before comes back with its first lease. */
	lease(ticket: number, holder: Holder, keepAlive: number | undefined): void {
		if (this.dropped !== null) this.footprint = plus(this.footprint, this.dropped);
		this.reclaimable = this.dropped ?? this.reclaimable;
		this.dropped = null;
		this.leases.set(ticket, holder);
		this.lastUsed = holder.since;
		this.keepAlive = keepAlive ?? this.keepAlive;
		this.onChange();
	}

	/** Returns who held it, if it was held by that ticket. */
	release(ticket: number, now: number): Holder | undefined {
		const holder = this.leases.get(ticket);
		this.leases.delete(ticket);
		this.#resting.delete(ticket);
		this.lastUsed = now;
		this.onChange();
		return holder;
	}

	/** Whether anything is asked of a lease for now. */
	rest(ticket: number, resting: boolean): void {
		if (!this.leases.has(ticket)) return;
		if (resting) this.#resting.add(ticket);
		else this.#resting.delete(ticket);
		this.onChange();
	}

	shrink(): void {
		this.state = 'shrinking';
		this.onChange();
	}

	/** What it gave back is the difference to what it held. */
	shrankTo(footprint: Footprint): void {
		this.state = 'ready';
		this.dropped = something(minus(this.footprint, positive(footprint)));
		this.footprint = positive(footprint);
		this.reclaimable = null;
		this.onChange();
	}

	/** Without an end to its keep-alive it would stay pinned, so that ends with the pin. */
	pin(pinned: boolean, keepAliveMs: number): void {
		this.#pinnedByHand = pinned;
		if (!pinned && this.keepAlive === Infinity) this.keepAlive = keepAliveMs;
		this.onChange();
	}

	/** It goes as soon as it is idle. */
	dismiss(because: UnloadReason): void {
		this.leavesBecause ??= because;
		this.onChange();
	}

	unload(): void {
		this.state = 'unloading';
		this.leases.clear();
		this.#resting.clear();
		this.onChange();
	}
}

function something(footprint: Footprint): Footprint | null {
	return poolsOf(footprint).length > 0 ? positive(footprint) : null;
}
