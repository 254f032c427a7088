import type {AnyEngine} from '../contract/engine.ts';
import type {AnyTask, RunContext, Warning} from '../contract/task.ts';
import {within} from './checks.ts';

/** A request as a client would write it, or what makes one. */
export type RequestSource = object | (() => object);

export type TaskEvent = {readonly type: string};

export interface RequestsOptions {
	readonly task: AnyTask;
	readonly engine: AnyEngine;
	readonly sources: readonly RequestSource[];
	/** One with a setting that nobody knows; undefined: one of the others with another field. */
	readonly strange: RequestSource | undefined;
	readonly deterministic: boolean;
	readonly patienceMs: number;
}

export interface Answer {
	readonly events: readonly TaskEvent[];
	readonly warnings: readonly Warning[];
}

type UntypedHandler = (request: unknown, context: RunContext) => AsyncIterable<TaskEvent>;

/** The requests of one task, and the engine to ask. */
export class Requests {
	readonly task: AnyTask;
	readonly engine: AnyEngine;
	readonly sources: readonly RequestSource[];
	readonly strange: RequestSource | undefined;
	readonly patienceMs: number;
	readonly #deterministic: boolean;

	constructor({task, engine, sources, strange, deterministic, patienceMs}: RequestsOptions) {
		this.task = task;
		this.engine = engine;
		this.sources = sources;
		this.strange = strange;
		this.patienceMs = patienceMs;
		this.#deterministic = deterministic;
	}

	/** As it is before it was looked at. */
	written(source: RequestSource): object {
		return typeof source === 'function' ? (source as () => object)() : structuredClone(source);
	}

	/** Whether the same request shall give the same answer. */
	isRepeatable(source: RequestSource): boolean {
		if (this.#deterministic) return true;
		const {seed, sampling} = this.written(source) as {
			readonly seed?: unknown;
			readonly sampling?: {readonly seed?: unknown};
		};
		return seed !== undefined || sampling?.seed !== undefined;
	}

	start(
		request: unknown,
		signal: AbortSignal,
		warn: (warning: Warning) => void = () => undefined,
	): AsyncIterable<TaskEvent> {
		const handlers = this.engine.tasks as Readonly<Record<string, UntypedHandler>>;
		const handler = handlers[this.task.name];
		if (handler === undefined) throw new Error(`it has no handler for ${this.task.name}`);
		return handler(request, {signal, warn});
	}

	/** To the end. */
	answer(source: RequestSource): Promise<Answer> {
		const warnings: Warning[] = [];
		const request = this.task.parse(this.written(source));
		const all = async (): Promise<Answer> => {
			const events: TaskEvent[] = [];
			for await (const event of this.start(request, new AbortController().signal, warning => warnings.push(warning)))
				// Its arrays may be used again for the next one.
				events.push(structuredClone(event));
			return {events, warnings};
		};
		return within(this.patienceMs, 'an answer', all());
	}
}
