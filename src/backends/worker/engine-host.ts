import {setImmediate as turn} from 'node:timers/promises';
import type {AnyAdapter} from '../../contract/adapter.ts';
import type {AnyEngine} from '../../contract/engine.ts';
import {MofaError} from '../../contract/error.ts';
import type {RunContext, Warning} from '../../contract/task.ts';
import type {EngineReport, EngineState, LoadMessage, RunEvent, RunnerNotice} from './protocol.ts';

type UntypedHandler = (request: unknown, context: RunContext) => AsyncIterable<unknown>;

/** The adapters that the module of a plugin brings. */
export type OpenAdapters = (module: string) => Promise<readonly AnyAdapter[]>;

/** Smaller steps of progress are not worth a message. */
const progressStep = 0.01;

/** The engine inside a runner. Knows no process and no connection. */
export class EngineHost {
	readonly #adapters: readonly AnyAdapter[];
	readonly #tell: (notice: RunnerNotice) => void;
	readonly #open: OpenAdapters;
	readonly #broke: (problem: string) => void;
	#engine: AnyEngine | undefined;
	#isBroken = false;
	#model = '';
	#told = '';

	constructor(
		adapters: readonly AnyAdapter[],
		tell: (notice: RunnerNotice) => void,
		open: OpenAdapters = async () => [],
		/** Told when the engine can serve nothing more: the process then has to end. */
		broke: (problem: string) => void = () => undefined,
	) {
		this.#adapters = adapters;
		this.#tell = tell;
		this.#open = open;
		this.#broke = broke;
	}

	/** Throws the adapter's own `MofaError`, or `load-failed` with the words of what it threw. */
	async load(message: LoadMessage, signal: AbortSignal): Promise<EngineReport> {
		this.#model = message.model.manifest.name;
		const adapter = await this.#adapter(message);
		const {device, threads, settings, model} = message;
		try {
			const engine = await adapter.load(model, {signal, progress: this.#progress(), device, threads, settings});
			this.#engine = engine;
			this.#watch(engine);
			const state = stateOf(engine);
			this.#told = JSON.stringify(state);
			return {
				tasks: Object.keys(engine.tasks),
				state,
				...(engine.longestCall === undefined ? {} : {longestCall: engine.longestCall}),
				shrinks: engine.shrink !== undefined,
				setsThreads: engine.setThreads !== undefined,
			};
		} catch (error) {
			const failure = MofaError.from(error);
			throw failure.code === 'internal' ? this.#loadFailed((failure as MofaError<'internal'>).data.problem) : failure;
		}
	}

	async *run(task: string, request: unknown, signal: AbortSignal): AsyncIterable<RunEvent> {
		const handler = this.#handler(task);
		const warnings: Warning[] = [];
		try {
			const events = handler(request, {signal, warn: warning => warnings.push(warning)});
			let first = true;
			for await (const event of events) {
				for (const warning of warnings.splice(0)) yield {warning};
				yield {event};
				// Contexts and caches are often made with the first step.
				if (first) this.#tellState();
				first = false;
			}
			for (const warning of warnings) yield {warning};
		} catch (error) {
			// Its failure is that of the process, which is about to end: whoever asks again then gets another one.
			if (this.#engine?.broken !== undefined) await turn();
			if (this.#isBroken) await new Promise(() => undefined);
			throw error;
		} finally {
			this.#tellState();
		}
	}

	async shrink(): Promise<void> {
		await this.#loaded().shrink?.();
		this.#tellState();
	}

	setThreads(count: number): void {
		this.#engine?.setThreads?.(count);
	}

	/** Only once nothing runs: disposing an engine under its own requests hangs or crashes some runtimes. */
	async dispose(): Promise<void> {
		await this.#engine?.[Symbol.asyncDispose]();
		this.#engine = undefined;
	}

	async #adapter({adapter, plugin}: LoadMessage): Promise<AnyAdapter> {
		const known = plugin === undefined ? this.#adapters : await this.#adaptersOf(plugin);
		const found = known.find(({name}) => name === adapter);
		if (found === undefined) throw this.#loadFailed(`no adapter is called ${adapter}`);
		return found;
	}

	async #adaptersOf(module: string): Promise<readonly AnyAdapter[]> {
		try {
			return await this.#open(module);
		} catch (error) {
			throw this.#loadFailed(`its plugin ${module}: ${error instanceof Error ? error.message : String(error)}`);
		}
	}

	#handler(task: string): UntypedHandler {
		const tasks = this.#loaded().tasks as Readonly<Record<string, UntypedHandler>>;
		const handler = Object.hasOwn(tasks, task) ? tasks[task] : undefined;
		if (handler === undefined)
			throw new MofaError('task-unsupported', {model: this.#model, task, supported: Object.keys(tasks)});
		return handler;
	}

	#loaded(): AnyEngine {
		if (this.#engine === undefined) throw new MofaError('internal', {problem: 'the runner holds no engine'});
		return this.#engine;
	}

	#loadFailed(problem: string): MofaError {
		return new MofaError('load-failed', {model: this.#model, problem});
	}

	#watch({broken}: AnyEngine): void {
		void broken?.then(problem => {
			this.#isBroken = true;
			this.#broke(problem);
		});
	}

	#progress(): (fraction: number) => void {
		let told = -1;
		return fraction => {
			if (!(fraction >= 0) || (fraction < told + progressStep && fraction < 1)) return;
			told = fraction;
			this.#tell({type: 'progress', fraction});
		};
	}

	#tellState(): void {
		if (this.#engine === undefined) return;
		const state = stateOf(this.#engine);
		const text = JSON.stringify(state);
		if (text === this.#told) return;
		this.#told = text;
		this.#tell({type: 'state', state});
	}
}

function stateOf({footprint, reclaimable, facts, slots, usefulThreads}: AnyEngine): EngineState {
	return {
		footprint,
		...(reclaimable === undefined ? {} : {reclaimable}),
		...(facts === undefined ? {} : {facts}),
		slots,
		usefulThreads,
	};
}
