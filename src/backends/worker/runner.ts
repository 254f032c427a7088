import type {AnyEngine, Footprint} from '../../contract/engine.ts';
import type {MofaError} from '../../contract/error.ts';
import type {RunContext, Warning} from '../../contract/task.ts';
import type {Traffic} from './channel.ts';
import {
	parseRunEvent,
	type DaemonNotice,
	type EngineReport,
	type EngineState,
	type RunMessage,
	type RunnerNotice,
} from './protocol.ts';
import type {RunnerSupervisor} from './runner-supervisor.ts';

/** An engine in a process of its own. Disposing it takes 3 s at most and never throws. */
export interface Runner extends AnyEngine {
	readonly pid: number;
	/** Resident bytes of the process. */
	rss(): number;
	/** Resolves, with `runner-failed`, when the process is gone without having been disposed. */
	readonly died: Promise<MofaError>;
	/** What has crossed the process wall, and what of it was copied. */
	readonly traffic: Traffic;
}

type Stream = AsyncIterableIterator<unknown, undefined, void>;

export class RemoteRunner implements Runner {
	readonly pid: number;
	readonly died: Promise<MofaError>;
	readonly tasks: AnyEngine['tasks'];
	readonly shrink?: () => Promise<void>;
	readonly setThreads?: (count: number) => void;
	readonly #supervisor: RunnerSupervisor;
	#state: EngineState;

	constructor(pid: number, supervisor: RunnerSupervisor, report: EngineReport) {
		this.pid = pid;
		this.died = supervisor.died;
		this.#supervisor = supervisor;
		this.#state = report.state;
		const handlers = report.tasks.map(task => [
			task,
			(request: unknown, context: RunContext) => this.#run(task, request, context),
		]);
		// The edge: from here on a task name stands for its request and event types, as the adapter's compiler saw to.
		this.tasks = Object.fromEntries(handlers) as AnyEngine['tasks'];
		if (report.shrinks) this.shrink = () => this.#shrink();
		if (report.setsThreads) this.setThreads = count => this.#setThreads(count);
	}

	get footprint(): Footprint {
		return this.#state.footprint;
	}

	get reclaimable(): Footprint {
		return this.#state.reclaimable ?? {};
	}

	get facts(): Readonly<Record<string, number>> {
		return this.#state.facts ?? {};
	}

	get slots(): number {
		return this.#state.slots;
	}

	get usefulThreads(): number {
		return this.#state.usefulThreads;
	}

	get traffic(): Traffic {
		return this.#supervisor.channel.traffic;
	}

	rss(): number {
		return this.#supervisor.rss();
	}

	hear(notice: RunnerNotice): void {
		if (notice.type === 'state') this.#state = notice.state;
	}

	[Symbol.asyncDispose](): Promise<void> {
		return this.#supervisor.stop();
	}

	#run(task: string, request: unknown, context: RunContext): Stream {
		const {channel, inputs} = this.#supervisor;
		const lent = inputs.lend(request);
		const message: RunMessage = {type: 'run', task, request: lent.request, inputs: lent.inputs};
		return eventsOf(channel.open(message, context.signal), context.warn, () => lent.release());
	}

	async #shrink(): Promise<void> {
		await this.#supervisor.channel.open({type: 'shrink'}).next();
	}

	#setThreads(count: number): void {
		this.#supervisor.channel.notify({type: 'threads', count} satisfies DaemonNotice);
	}
}

/** Not a generator: leaving must not wait behind an event that is still being computed. */
function eventsOf(stream: Stream, warn: (warning: Warning) => void, over: () => void): Stream {
	return {
		[Symbol.asyncIterator]() {
			return this;
		},
		async next() {
			for (;;) {
				const result = await stream.next().catch((error: unknown) => {
					over();
					throw error;
				});
				if (result.done === true) {
					over();
					return result;
				}
				const item = parseRunEvent(result.value);
				if ('event' in item) return {done: false, value: item.event};
				warn(item.warning);
			}
		},
		async return() {
			over();
			await stream.return?.();
			return {done: true, value: undefined};
		},
	};
}
