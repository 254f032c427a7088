import type {Footprint} from '../contract/engine.ts';
import {Breakers} from './breaker.ts';
import type {Budget} from './budget.ts';
import type {EngineRecord} from './engine-record.ts';
import {Fleet} from './fleet.ts';
import {minus, plus} from './footprint.ts';
import type {View} from './policy.ts';
import {WaitQueue} from './queue.ts';
import {ServiceTimes} from './service-times.ts';

export interface Limits {
	readonly budget: Budget;
	readonly cores: number;
	/** Asks that may wait; further ones are told to come back. */
	readonly queueLimit: number;
	/** Milliseconds an engine stays after its last lease when nobody said otherwise. */
	readonly keepAliveMs: number;
}

/** All that the scheduler remembers. `SchedulerCore` enters what has happened, `settle` acts on what is written. */
export class Books {
	readonly fleet: Fleet = new Fleet();
	readonly queue: WaitQueue = new WaitQueue();
	readonly breakers: Breakers = new Breakers();
	readonly serviceTimes: ServiceTimes = new ServiceTimes();
	/** Who holds what, by ticket. */
	readonly leases: Map<number, EngineRecord> = new Map();
	/** Engines that may have become idle; `settle` sees to them once the queue has had its turn. */
	readonly rested: Set<EngineRecord> = new Set();
	/** Engines may hold more than they should: a measurement or the budget has changed. True until `settle` saw that they do not. */
	pressed = false;
	limits: Limits;
	/** Bytes of the budget that other programs have taken. */
	foreign: Footprint = {};

	constructor(limits: Limits) {
		this.limits = limits;
	}

	/** What engines may hold together. */
	get capacity(): Footprint {
		return minus(this.limits.budget.capacity, this.foreign);
	}

	/** The engines and the room among them, as they are at this moment. */
	view(now: number): View {
		const {fleet, capacity} = this;
		const free = minus(capacity, fleet.used);
		return {now, residents: fleet, has: minus(capacity, fleet.pinned), free, soon: plus(free, fleet.leaving)};
	}
}
