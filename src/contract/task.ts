import type {Medium} from './media.ts';
import type {PipelineForm, TaskStage} from './stage.ts';

/** A verb a model can perform: one request in, a stream of events out. */
export interface Task<Request, Event, Result> {
	readonly name: string;
	readonly accepts: readonly Medium[];
	readonly emits: readonly Medium[];
	/** Checks untrusted input once, at the edge. Throws `invalid-request` naming the field. */
	parse(input: unknown): Request;
	/** Folds the stream into the one-shot answer. Written once here, never in an adapter. */
	collect(events: AsyncIterable<Event>): Promise<Result>;
	/** True for an event a person can see: after the first one a request is never tried again. */
	visible(event: Event): boolean;
	/** How its models are stages of a pipeline; absent: one request for each turn, made of what it accepts. */
	readonly stage?: TaskStage<Request, Event>;
	/** How a saved pipeline does this task as if it were a model; absent: none can. */
	readonly fromPipeline?: PipelineForm<Request, Event>;
}

/** Every task known to the program. Each file in `tasks/` adds its own line by declaration merging. */
export interface Tasks {}

export type TaskName = keyof Tasks & string;
export type RequestOf<T extends TaskName> = Tasks[T] extends Task<infer R, infer _E, infer _A> ? R : never;
export type EventOf<T extends TaskName> = Tasks[T] extends Task<infer _R, infer E, infer _A> ? E : never;
export type ResultOf<T extends TaskName> = Tasks[T] extends Task<infer _R, infer _E, infer A> ? A : never;

/** A task seen by code that does not know which one it is: HTTP, the runner protocol, plugins. */
export type AnyTask = Task<unknown, {readonly type: string}, unknown>;

export interface RunContext {
	readonly signal: AbortSignal;
	readonly warn: (warning: Warning) => void;
}

/** A setting the model could not honour; the call still succeeds. */
export interface Warning {
	readonly setting: string;
	readonly message: string;
	/** Where the message is about texts that were cut: a client that asks in parts counts them over all of its requests. */
	readonly cut?: CutTexts;
}

/** `texts` of a request's `of` are longer than the `tokens` that the model reads of each. */
export interface CutTexts {
	readonly texts: number;
	readonly of: number;
	readonly tokens: number;
}

export type Handler<T extends TaskName> = (request: RequestOf<T>, context: RunContext) => AsyncIterable<EventOf<T>>;
