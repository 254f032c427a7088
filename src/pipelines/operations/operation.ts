import type {AnyPacket, AnyValue, Signal, StageSettings} from '../../contract/stage.ts';

/** A stage that needs no model. */
export interface Operation {
	/** Media it takes, `any` for all; it gives the same ones. */
	readonly accepts: readonly string[] | 'any';
	/** Of what it takes, the media that it gives; absent: all. */
	narrow?(media: readonly string[], settings: StageSettings): readonly string[];
	/** What it gives also leaves the pipeline. */
	readonly taps?: boolean;
	/** Ends turns by itself. */
	readonly ends?: boolean;
	/** The task whose models do the same, better: it stands in where there is none. */
	readonly standsInFor?: string;
	/** Throws `invalid-request` naming the setting. What it returns may remember; it must be quick. */
	open(settings: StageSettings): Operate;
}

export interface Operate {
	/** What goes on for a value. A signal among it begins here. */
	value(value: AnyValue): Iterable<AnyPacket>;
	/** What goes on before a signal does. */
	before?(kind: Signal['kind']): Iterable<AnyPacket>;
}
