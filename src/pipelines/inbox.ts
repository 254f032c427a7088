import type {AnyPacket} from '../contract/stage.ts';
import {end, flush, weightOf} from './packets.ts';

/** What of one source waits for the stage behind it. */
interface Lane {
	readonly packets: Array<{readonly packet: AnyPacket; readonly arrival: number}>;
	weight: number;
	/** At the end of a turn, until the other sources are there, too. */
	atFlush: boolean;
	ended: boolean;
	readonly blocked: Array<() => void>;
}

/** Where a source puts its packets. */
export interface Slot {
	/** Takes it at once; a promise says that it is full, and settles when the next may come. */
	push(packet: AnyPacket): Promise<void> | undefined;
	/** Drops the values that wait and tells the stage, without waiting for its turn. The `interrupt` itself comes in order. */
	interrupt(): void;
}

export interface InboxOptions {
	readonly capacity: number;
	readonly keeps: boolean;
	readonly onInterrupt: () => void;
}

/**
 * The bounded queue before a stage. Packets of one source come in order; a turn is over when it is over at every source,
 * and so is the input. Whoever passes a signal on does not wait for room.
 */
export class Inbox {
	readonly #capacity: number;
	readonly #keeps: boolean;
	readonly #onInterrupt: () => void;
	readonly #lanes: Lane[] = [];
	#arrivals = 0;
	#stopped = false;
	#wake: (() => void) | undefined;

	/** `capacity`: bytes of each source beyond which its pushes wait. `keeps`: what waits is what somebody said. */
	constructor({capacity, keeps, onInterrupt}: InboxOptions) {
		this.#capacity = capacity;
		this.#keeps = keeps;
		this.#onInterrupt = onInterrupt;
	}

	/** One for each source, before the first packet comes. */
	slot(): Slot {
		const lane: Lane = {packets: [], weight: 0, atFlush: false, ended: false, blocked: []};
		this.#lanes.push(lane);
		return {push: packet => this.#push(lane, packet), interrupt: () => this.#interrupt(lane)};
	}

	/** Undefined once it was stopped, though packets may be left. */
	async next(): Promise<AnyPacket | undefined> {
		for (;;) {
			if (this.#stopped) return undefined;
			const packet = this.#take();
			if (packet !== undefined) return packet;
			await new Promise<void>(resolve => {
				this.#wake = resolve;
			});
		}
	}

	/** The next one if it is there already. */
	ready(): AnyPacket | undefined {
		return this.#stopped ? undefined : this.#take();
	}

	/** Whoever pushes goes on, and what is pushed is dropped. */
	stop(): void {
		this.#stopped = true;
		for (const lane of this.#lanes) release(lane);
		this.#wake?.();
	}

	#push(lane: Lane, packet: AnyPacket): Promise<void> | undefined {
		if (this.#stopped) return undefined;
		lane.packets.push({packet, arrival: ++this.#arrivals});
		lane.weight += weightOf(packet);
		this.#wake?.();
		if (lane.weight <= this.#capacity) return undefined;
		return new Promise(resolve => lane.blocked.push(resolve));
	}

	#interrupt(lane: Lane): void {
		if (this.#stopped) return;
		if (!this.#keeps) {
			const kept = lane.packets.filter(({packet}) => packet.type === 'signal');
			lane.packets.splice(0, Number.POSITIVE_INFINITY, ...kept);
			lane.weight = kept.reduce((sum, {packet}) => sum + weightOf(packet), 0);
			release(lane);
		}
		this.#onInterrupt();
	}

	/** The earliest that may be taken; undefined: none yet. */
	#take(): AnyPacket | undefined {
		for (;;) {
			const lane = this.#earliest();
			if (lane === undefined) return undefined;
			const packet = lane.packets.shift()?.packet;
			if (packet === undefined) return undefined;
			lane.weight -= weightOf(packet);
			if (lane.weight <= this.#capacity) release(lane);
			if (packet.type === 'value') return packet;
			const signal = this.#signal(lane, packet.kind);
			if (signal !== undefined) return signal;
		}
	}

	#earliest(): Lane | undefined {
		let found: Lane | undefined;
		for (const lane of this.#lanes) {
			if (lane.atFlush || lane.packets.length === 0) continue;
			if (found === undefined || (lane.packets[0]?.arrival ?? 0) < (found.packets[0]?.arrival ?? 0)) found = lane;
		}
		return found;
	}

	/** What the stage hears of it; undefined: nothing, before the other sources are as far. */
	#signal(lane: Lane, kind: 'flush' | 'interrupt' | 'end'): AnyPacket | undefined {
		if (kind === 'interrupt') return {type: 'signal', kind};
		if (kind === 'end') lane.ended = true;
		else lane.atFlush = true;
		if (this.#lanes.every(one => one.ended)) return end;
		const flushed = this.#lanes.filter(one => one.atFlush);
		if (flushed.length === 0 || !this.#lanes.every(one => one.atFlush || one.ended)) return undefined;
		for (const one of flushed) one.atFlush = false;
		return flush;
	}
}

function release(lane: Lane): void {
	for (const resolve of lane.blocked.splice(0)) resolve();
}
