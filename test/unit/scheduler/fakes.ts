import type {Footprint} from '../../../src/contract/engine.ts';
import type {MofaError} from '../../../src/contract/error.ts';
import type {RunContext} from '../../../src/contract/task.ts';
import type {Candidate} from '../../../src/scheduler/candidate.ts';
import {LeaseScheduler, type LeaseSchedulerOptions} from '../../../src/scheduler/leases.ts';
import type {LoadedEngine, Loader, LoadOptions, ResolveRequest, SetTimer} from '../../../src/scheduler/loader.ts';
import type {CompletionEvent, CompletionRequest} from '../../../src/tasks/completion.ts';
import {candidate, ram} from './harness.ts';

/** Lets everything that is ready to run, run. */
export const settled = (): Promise<void> => new Promise(resolve => void setImmediate(resolve));

/** A promise with its handles outside. */
export class Gate<T = void> {
	readonly promise: Promise<T>;
	open!: (value: T) => void;
	fail!: (error: unknown) => void;

	constructor() {
		this.promise = new Promise((resolve, reject) => {
			this.open = resolve;
			this.fail = reject;
		});
	}
}

/** Time that passes only when it is told to. */
export class FakeTime {
	now = 0;
	#timers: {at: number; callback: () => void}[] = [];

	readonly setTimer: SetTimer = (callback, ms) => {
		if (ms > 2 ** 31 - 1) throw new Error(`a timer of ${ms} ms fires at once`);
		const timer = {at: this.now + ms, callback};
		this.#timers.push(timer);
		return () => (this.#timers = this.#timers.filter(other => other !== timer));
	};

	async pass(ms: number): Promise<void> {
		this.now += ms;
		const due = this.#timers.filter(({at}) => at <= this.now);
		this.#timers = this.#timers.filter(({at}) => at > this.now);
		for (const {callback} of due) callback();
		await settled();
	}
}

const usage = {promptTokens: 1, cachedTokens: 0, completionTokens: 1, promptMs: 1, completionMs: 1};

/**
 * Writes the words of its prompt. `wait` waits until its gate opens, the signal aborts or the engine dies;
 * `hang` does not even hear the signal; `fail` throws; `prepare` is an event that nobody sees.
 */
export class FakeEngine implements LoadedEngine {
	readonly footprint: Footprint = ram(4);
	readonly usefulThreads = 4;
	readonly pid = 1234;
	readonly death: Gate<MofaError> = new Gate();
	readonly died: Promise<MofaError> = this.death.promise;
	readonly gate: Gate = new Gate();
	readonly threads: number[] = [];
	readonly slots: number;
	bytes = 0;
	running = 0;
	mostRunning = 0;
	disposed = 0;
	disposal: Promise<void> = Promise.resolve();

	constructor(slots = 1) {
		this.slots = slots;
	}

	readonly tasks: LoadedEngine['tasks'] = {
		completion: (request: CompletionRequest, context: RunContext) => this.#write(String(request.prompt), context),
	};

	rss(): number {
		return this.bytes;
	}

	setThreads(count: number): void {
		this.threads.push(count);
	}

	async [Symbol.asyncDispose](): Promise<void> {
		this.disposed++;
		await this.disposal;
	}

	async *#write(prompt: string, {signal}: RunContext): AsyncGenerator<CompletionEvent> {
		this.running++;
		this.mostRunning = Math.max(this.running, this.mostRunning);
		try {
			for (const word of prompt.split(' ')) {
				if (word === 'wait') await this.#wait(signal);
				else if (word === 'hang') await new Promise(() => undefined);
				else if (word === 'fail') throw new Error('the handler failed');
				else yield {type: 'text-delta', text: word === 'prepare' ? '' : word};
			}
			yield {type: 'completion-end', reason: 'stop', usage};
		} finally {
			this.running--;
		}
	}

	async #wait(signal: AbortSignal): Promise<void> {
		const aborted = new Promise<never>((_, reject) => {
			signal.addEventListener('abort', () => reject(signal.reason), {once: true});
		});
		const dead = this.died.then(error => {
			throw error;
		});
		await Promise.race([this.gate.promise, aborted, dead]);
	}
}

interface Load {
	readonly candidate: Candidate;
	readonly options: LoadOptions;
	readonly gate: Gate<LoadedEngine>;
}

/** Every model is 4 bytes large. Loads end when the test says so, or at once with `engines` to give. */
export class FakeLoader implements Loader {
	readonly loads: Load[] = [];
	readonly resolved: ResolveRequest[] = [];
	readonly engines: LoadedEngine[] = [];
	resolving: Promise<void> = Promise.resolve();

	async resolve(ask: ResolveRequest): Promise<readonly Candidate[]> {
		this.resolved.push(ask);
		await this.resolving;
		const suffix = Object.keys(ask.settings).length === 0 ? '' : `#${JSON.stringify(ask.settings)}`;
		return [candidate(ask.model + suffix, 4, {model: ask.model, tasks: ['completion']})];
	}

	load(candidate: Candidate, options: LoadOptions): Promise<LoadedEngine> {
		const gate = new Gate<LoadedEngine>();
		this.loads.push({candidate, options, gate});
		const engine = this.engines.shift();
		if (engine !== undefined) gate.open(engine);
		return gate.promise;
	}
}

export interface Stage {
	readonly loader: FakeLoader;
	readonly time: FakeTime;
	readonly scheduler: LeaseScheduler;
	/** Events as words. */
	readonly events: string[];
}

/** A scheduler over fakes, with room for two models of 4 bytes and two cores. */
export function stage(engines: readonly LoadedEngine[] = [], options: Partial<LeaseSchedulerOptions> = {}): Stage {
	const loader = new FakeLoader();
	loader.engines.push(...engines);
	const time = new FakeTime();
	const scheduler = new LeaseScheduler({
		loader,
		budget: {capacity: ram(8), headroom: {}},
		cores: 2,
		now: () => time.now,
		setTimer: time.setTimer,
		visible: (_, event) => (event as CompletionEvent).type !== 'text-delta' || (event as {text: string}).text !== '',
		...options,
	});
	const events: string[] = [];
	scheduler.onEvent(event => events.push(Object.values(event).join(' ')));
	return {loader, time, scheduler, events};
}

/** The words of an answer. */
export async function read(events: AsyncIterable<CompletionEvent>, words: string[] = []): Promise<string[]> {
	for await (const event of events) words.push(event.type === 'text-delta' ? event.text : 'end');
	return words;
}
