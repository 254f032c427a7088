import type {Footprint} from '../contract/engine.ts';
import type {EngineRecord} from './engine-record.ts';
import {add, subtract} from './footprint.ts';

/** What one engine adds to the sums. */
interface Share {
	readonly used: Footprint;
	readonly pinned: Footprint;
	readonly leaving: Footprint;
}

const nothing: Share = {used: {}, pinned: {}, leaving: {}};

/**
 * Every engine that holds memory, by id and by model, with the sums over all of them. The sums follow each change
 * of a record, so that no decision has to count a thousand engines. Whole bytes, so they stay exact.
 */
export class Fleet implements Iterable<EngineRecord> {
	readonly used: Record<string, number> = {};
	readonly pinned: Record<string, number> = {};
	readonly leaving: Record<string, number> = {};
	readonly #engines = new Map<string, EngineRecord>();
	readonly #byModel = new Map<string, Set<EngineRecord>>();
	readonly #shares = new Map<EngineRecord, Share>();
	readonly #computing = new Set<EngineRecord>();
	readonly #inFlux = new Set<EngineRecord>();

	get size(): number {
		return this.#engines.size;
	}

	/** Those that compute now. */
	get computing(): readonly EngineRecord[] {
		return [...this.#computing];
	}

	/** True while memory is on its way in or out, so that a reading of the system's would be half true. */
	get inFlux(): boolean {
		return this.#inFlux.size > 0;
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
		const siblings = this.#byModel.get(engine.model) ?? new Set();
		this.#byModel.set(engine.model, siblings.add(engine));
		engine.onChange = () => this.#count(engine);
		this.#count(engine);
	}

	remove(engine: EngineRecord): void {
		this.#engines.delete(engine.id);
		const siblings = this.#byModel.get(engine.model);
		siblings?.delete(engine);
		if (siblings?.size === 0) this.#byModel.delete(engine.model);
		engine.onChange = () => undefined;
		this.#replace(engine, nothing);
		this.#shares.delete(engine);
		this.#computing.delete(engine);
		this.#inFlux.delete(engine);
	}

	#count(engine: EngineRecord): void {
		const {footprint, pinned, leaving, computing, state} = engine;
		this.#replace(engine, {used: footprint, pinned: pinned ? footprint : {}, leaving: leaving ?? {}});
		include(this.#computing, engine, computing);
		include(this.#inFlux, engine, state !== 'ready');
	}

	#replace(engine: EngineRecord, share: Share): void {
		const before = this.#shares.get(engine) ?? nothing;
		for (const sum of ['used', 'pinned', 'leaving'] as const) {
			subtract(this[sum], before[sum]);
			add(this[sum], share[sum]);
		}
		this.#shares.set(engine, share);
	}
}

function include<T>(set: Set<T>, item: T, belongs: boolean): void {
	if (belongs) set.add(item);
	else set.delete(item);
}
