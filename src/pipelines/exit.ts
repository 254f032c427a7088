import type {PipelineEvent} from '../contract/pipeline.ts';
import type {AnyPacket} from '../contract/stage.ts';
import type {Slot} from './inbox.ts';
import {weightOf} from './packets.ts';

interface Leaving {
	readonly event: PipelineEvent;
	readonly weight: number;
}

/** Everything that leaves a pipeline, in the order it came: bounded, so that a slow reader slows the stages down. */
export class Exit implements AsyncIterable<PipelineEvent> {
	readonly #capacity: number;
	readonly #waiting: Leaving[] = [];
	#weight = 0;
	#ended = false;
	#wake: (() => void) | undefined;
	readonly #blocked: Array<() => void> = [];

	constructor(capacity: number) {
		this.#capacity = capacity;
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
