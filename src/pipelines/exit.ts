import type {PipelineEvent} from '../contract/pipeline.ts';
import type {AnyPacket} from '../contract/stage.ts';
import type {Slot} from './inbox.ts';
import {secondsOf, weightOf} from './packets.ts';

interface Leaving {
	readonly event: PipelineEvent;
	readonly weight: number;
}

interface Taken {
	/** Signals that were read: each ends a turn. */
	ends: number;
	/** Of the newest sound. */
	turn: number;
	seconds: number;
	since: number;
}

/** Everything that leaves a pipeline, in the order it came: bounded, so that a slow reader slows the stages down. */
export class Exit implements AsyncIterable<PipelineEvent> {
	readonly #capacity: number;
	readonly #waiting: Leaving[] = [];
	#weight = 0;
	#ended = false;
	#wake: (() => void) | undefined;
	readonly #blocked: Array<() => void> = [];
	readonly #now: () => number;
	readonly #taken = new Map<string, Taken>();

	constructor(capacity: number, now: () => number) {
		this.#capacity = capacity;
		this.#now = now;
	}

	/**
	 * Seconds of a turn's sound that can have been heard by now: what the reader has taken, but no faster than it sounds.
	 * Turns are numbered by the ends of turns before them.
	 */
	heardSeconds(stage: string, turn: number): number {
		const taken = this.#taken.get(stage);
		if (taken === undefined || taken.turn < turn) return 0;
		return taken.turn > turn ? Infinity : Math.min(taken.seconds, (this.#now() - taken.since) / 1000);
	}

	/** For the packets of one stage. */
	slot(stage: string): Slot {
		return {
			push: packet => this.#push({event: {type: 'packet-out', stage, packet}, weight: weightOf(packet)}),
			interrupt: () => this.#forget(stage),
		};
	}

	/** News never waits. Of how a load goes only the newest is kept. */
	tell(event: PipelineEvent): void {
		const last = this.#waiting.at(-1);
		if (event.type === 'load-progress' && last?.event.type === event.type && last.event.stage === event.stage)
			this.#waiting.pop();
		void this.#push({event, weight: 0});
	}

	/** What came before is still read. */
	end(): void {
		this.#ended = true;
		this.#release();
		this.#wake?.();
	}

	async *[Symbol.asyncIterator](): AsyncIterator<PipelineEvent> {
		for (;;) {
			const next = this.#waiting.shift();
			if (next !== undefined) {
				this.#weight -= next.weight;
				if (this.#weight <= this.#capacity) this.#release();
				this.#take(next.event);
				yield next.event;
			} else if (this.#ended) return;
			else
				await new Promise<void>(resolve => {
					this.#wake = resolve;
				});
		}
	}

	#push(leaving: Leaving): Promise<void> | undefined {
		if (this.#ended) return undefined;
		this.#waiting.push(leaving);
		this.#weight += leaving.weight;
		this.#wake?.();
		if (this.#weight <= this.#capacity) return undefined;
		return new Promise(resolve => this.#blocked.push(resolve));
	}

	#take(event: PipelineEvent): void {
		if (event.type !== 'packet-out') return;
		const {stage, packet} = event;
		const taken = this.#taken.get(stage) ?? {ends: 0, turn: -1, seconds: 0, since: 0};
		this.#taken.set(stage, taken);
		if (packet.type === 'signal') taken.ends += 1;
		else {
			if (taken.turn !== taken.ends) Object.assign(taken, {turn: taken.ends, seconds: 0, since: this.#now()});
			taken.seconds += secondsOf(packet);
		}
	}

	/** What nobody has read yet of a turn that is over. */
	#forget(stage: string): void {
		const isStale = ({event}: Leaving): boolean =>
			event.type === 'packet-out' && event.stage === stage && isValue(event.packet);
		const kept = this.#waiting.filter(leaving => !isStale(leaving));
		this.#waiting.splice(0, Number.POSITIVE_INFINITY, ...kept);
		this.#weight = kept.reduce((sum, {weight}) => sum + weight, 0);
		this.#release();
	}

	#release(): void {
		for (const resolve of this.#blocked.splice(0)) resolve();
	}
}

const isValue = (packet: AnyPacket): boolean => packet.type === 'value';
