import type {Media, Medium} from './media.ts';

/** A value on its way through a pipeline. */
export type Value<M extends Medium> = {
	[K in M]: {readonly type: 'value'; readonly medium: K; readonly value: Media[K]};
}[M];

/** Control that travels in order with the values and is never dropped. */
export interface Signal {
	readonly type: 'signal';
	/** `flush`: a turn is over, say what you have; `interrupt`: forget what was not said yet; `end`: nothing follows. */
	readonly kind: 'flush' | 'interrupt' | 'end';
}

export type Packet<M extends Medium> = Value<M> | Signal;

/** A typed transformer of packet streams. `In` and `Out` let a stage that accepts more follow one that emits less. */
export interface Stage<in In extends Medium, out Out extends Medium> {
	readonly name: string;
	/** The same facts at run time, for pipelines written as data. */
	readonly ports: {readonly accepts: readonly string[]; readonly emits: readonly string[]};
	readonly run: (input: AsyncIterable<Packet<In>>, signal: AbortSignal) => AsyncIterable<Packet<Out>>;
}
