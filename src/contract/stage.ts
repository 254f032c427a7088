import type {Media, Medium} from './media.ts';
import type {StageStatistics} from './pipeline.ts';
import type {Warning} from './task.ts';

/** A value on its way through a pipeline. Text and sound come in pieces: several make up a turn. */
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

export type AnyValue = Value<Medium>;
export type AnyPacket = Packet<Medium>;

/** A typed transformer of packet streams. `In` and `Out` let a stage that accepts more follow one that emits less. */
export interface Stage<in In extends Medium, out Out extends Medium> {
	readonly name: string;
	/** The same facts at run time, for pipelines written as data. */
	readonly ports: {readonly accepts: readonly string[]; readonly emits: readonly string[]};
	readonly run: (input: AsyncIterable<Packet<In>>, signal: AbortSignal) => AsyncIterable<Packet<Out>>;
}

/** What a pipeline says of one stage beside its model: `llm?system=Be brief`. Not checked yet. */
export type StageSettings = Readonly<Record<string, unknown>>;

/**
 * How any model of a task becomes a stage; it stands with its task. What becomes one request:
 * `value` each value; `clause` text, as soon as there is enough of it to be said; `turn` all until the turn is over;
 * `live` the same, but the request begins with the first value and gets the others while it runs.
 */
export type TaskStage<Request, Event> = GatheringStage<Request, Event> | LiveStage<Request, Event>;

interface StageFacts {
	/** The setting that is meant by what stands behind an `@`: `tts:kokoro@af_heart`. */
	readonly variant?: string;
	/** What it gives is what somebody said: who interrupts an answer is not forgotten. */
	readonly hears?: boolean;
	/** It says when a turn is over, as whoever listens for voices does. */
	readonly endsTurns?: boolean;
}

export interface GatheringStage<Request, Event> extends StageFacts {
	readonly takes: 'value' | 'clause' | 'turn';
	/**
	 * Called once for each run of a pipeline, and once before to check the settings: what it returns may remember the turns
	 * before. Throws `invalid-request` naming the setting.
	 */
	open(settings: StageSettings): StageTalk<Request, Event>;
}

export interface LiveStage<Request, Event> extends StageFacts {
	readonly takes: 'live';
	open(settings: StageSettings): LiveTalk<Request, Event>;
}

interface Talk<Event> {
	/** What goes on to the next stage. */
	packets(event: Event): Iterable<AnyPacket>;
	/** A request is over, completed or not. */
	over?(outcome: TalkOutcome): void;
}

export interface TalkOutcome {
	/** `interrupted`: somebody spoke while it was answered; `failed`: it is gone on without it. */
	readonly how: 'done' | 'interrupted' | 'failed';
	/** Of the text that went on to a voice, what was heard; null: all of it, or nobody knows. */
	readonly heard: string | null;
}

export interface StageTalk<Request, Event> extends Talk<Event> {
	/** Null: there is nothing to ask. `place` says where in a turn of several requests this one stands. */
	request(values: readonly AnyValue[], place?: {readonly first: boolean}): Request | null;
}

export interface LiveTalk<Request, Event> extends Talk<Event> {
	/** `emit` sends a packet on beside those that come of events, and settles when the next may come. */
	request(values: AsyncIterable<AnyValue>, emit: (packet: AnyPacket) => Promise<void>): Request;
}

/**
 * How a pipeline answers a request of a task, so that a saved one is a model of it: the way of a stage, backwards. It stands
 * with its task.
 */
export interface PipelineForm<Request, Event> {
	/** What of the request goes in; `warn` hears of what only the stages themselves could honour. */
	values(request: Request, warn: (warning: Warning) => void): AsyncIterable<AnyValue>;
	/** What came out, as the task tells it, its closing event included. `statistics` are those of the stages, once all is out. */
	events(
		values: AsyncIterable<AnyValue>,
		request: Request,
		statistics: () => readonly StageStatistics[],
	): AsyncIterable<Event>;
}
