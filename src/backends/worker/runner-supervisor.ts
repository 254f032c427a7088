import {setTimeout as delay} from 'node:timers/promises';
import {MofaError} from '../../contract/error.ts';
import {openChannel, type Channel} from './channel.ts';
import {InputStreams} from './input-streams.ts';
import {parseInputRequest, parseRunnerNotice, parseVitals, protocolVersion, type RunnerNotice} from './protocol.ts';
import {residentSet} from './resident-set.ts';
import type {RunnerProcess} from './runner-process.ts';
import {SilenceWatch} from './silence.ts';

export interface SupervisionOptions {
	readonly model: string;
	/** Milliseconds the event loop of a working runner may stand still. */
	readonly heartbeatMs: number;
	/** The same while it loads, where some runtimes block for long. */
	readonly loadHeartbeatMs: number;
	/** Milliseconds until a started process must have said hello. */
	readonly startMs: number;
	/** Resident bytes beyond which it is ended. */
	readonly rssLimit?: number | undefined;
	readonly notice: (notice: RunnerNotice) => void;
}

const memoryCheckMs = 100;
/** A process that closed its channel without leaving gets this long to leave. */
const leavingMs = 250;
/** The three steps of an orderly stop; together the most it takes. */
const politeMs = 1500;
const terminateMs = 500;
const killMs = 1000;

/** Watches one runner process: whatever ends it ends its requests, with the reason, and nothing else. */
export class RunnerSupervisor {
	readonly channel: Channel;
	/** The streams in requests that the runner reads from here. */
	readonly inputs: InputStreams = new InputStreams();
	/** Resolves when the process died without being asked to; never after `stop`. */
	readonly died: Promise<MofaError>;
	readonly #process: RunnerProcess;
	readonly #options: SupervisionOptions;
	readonly #silence: SilenceWatch;
	readonly #failure: Promise<MofaError>;
	#greet: (protocol: number) => void = () => {};
	#heartbeatMs: number;
	#memoryTimer: NodeJS.Timeout | undefined;
	#rss = 0;
	#active = 0;
	#stopped: Promise<void> | undefined;

	constructor(process: RunnerProcess, options: SupervisionOptions) {
		this.#process = process;
		this.#options = options;
		this.#heartbeatMs = options.loadHeartbeatMs;
		this.channel = openChannel({
			transport: process.transport,
			serve: (request, signal) => this.inputs.serve(parseInputRequest(request).number, signal),
			notice: value => this.#hear(parseRunnerNotice(value)),
			pong: value => {
				this.#rss = parseVitals(value).rss;
			},
			activity: active => this.#watch(active),
			explainClose: problem => this.#explainClose(problem),
		});
		this.#silence = new SilenceWatch({
			limitMs: options.loadHeartbeatMs,
			heard: () => this.channel.traffic.framesReceived,
			ping: () => this.channel.ping(),
			onSilence: silentMs => process.condemn({reason: 'hung', detail: `no sign of life for ${silentMs} ms`}),
		});
		this.#failure = process.death.then(data => new MofaError('runner-failed', data));
		this.died = new Promise(resolve => {
			void this.#failure.then(failure => this.#bury(failure, resolve));
		});
	}

	/** Waits until the process is up and speaks our protocol. Throws `runner-failed`. */
	async greeted(): Promise<void> {
		const {startMs, model} = this.#options;
		const late = setTimeout(() => {
			this.#process.condemn({reason: 'hung', detail: `nothing heard ${startMs} ms after its start`});
		}, startMs);
		const hello = new Promise<number>(resolve => {
			this.#greet = resolve;
		});
		const spoken = await Promise.race([hello, this.#failure]);
		clearTimeout(late);
		if (typeof spoken !== 'number') throw spoken;
		if (spoken === protocolVersion) return;
		const detail = `it speaks version ${spoken} of the runner protocol, not ${protocolVersion}`;
		throw new MofaError('runner-failed', {model, reason: 'exited', detail});
	}

	/** From now on the limit for requests holds, not the one for loading; an engine may need more, never less. */
	loaded(longestCall = 0): void {
		this.#heartbeatMs = Math.max(this.#options.heartbeatMs, longestCall);
	}

	/** Resident bytes. Where the system does not tell, what the runner said last, and it is asked again. */
	rss(): number {
		const rss = residentSet(this.#process.pid);
		if (rss === undefined) this.channel.ping();
		return rss ?? this.#rss;
	}

	/** Lets what runs be cancelled and the engine be disposed, then insists. Takes 3 s at most; never throws. */
	stop(): Promise<void> {
		this.#stopped ??= this.#stop();
		return this.#stopped;
	}

	/** Ends it at once: for a process that holds nothing worth an orderly stop. */
	async kill(): Promise<void> {
		this.#stopped ??= Promise.resolve();
		this.#process.signal('SIGKILL');
		await this.#goneWithin(killMs);
	}

	async #stop(): Promise<void> {
		void this.channel
			.open({type: 'shutdown'})
			.next()
			.catch(() => {});
		if (await this.#goneWithin(politeMs)) return;
		this.#process.signal('SIGTERM');
		if (await this.#goneWithin(terminateMs)) return;
		this.#process.signal('SIGKILL');
		await this.#goneWithin(killMs);
	}

	async #goneWithin(milliseconds: number): Promise<boolean> {
		const timer = new AbortController();
		const timeout = delay(milliseconds, false, {signal: timer.signal}).catch(() => false);
		const gone = await Promise.race([this.#process.death.then(() => true), timeout]);
		timer.abort();
		return gone;
	}

	#hear(notice: RunnerNotice): void {
		if (notice.type === 'hello') this.#greet(notice.protocol);
		if (notice.type === 'fault') this.#process.noteFault(notice.problem);
		this.#options.notice(notice);
	}

	/** Only a runner that works on something is watched; an idle one costs no wake-ups. */
	#watch(active: number): void {
		const idleBefore = this.#active === 0;
		this.#active = active;
		if (active === 0) {
			this.#silence.stop();
			clearInterval(this.#memoryTimer);
		} else if (idleBefore) {
			this.#silence.start(this.#heartbeatMs);
			this.#memoryTimer = this.#watchMemory();
		}
	}

	#watchMemory(): NodeJS.Timeout | undefined {
		const {rssLimit} = this.#options;
		if (rssLimit === undefined) return undefined;
		return setInterval(() => {
			const rss = this.rss();
			if (rss <= rssLimit) return;
			this.#process.condemn({reason: 'out-of-memory', detail: `${rss} bytes resident, where ${rssLimit} is the limit`});
		}, memoryCheckMs);
	}

	async #explainClose(problem: string | undefined): Promise<MofaError> {
		if (problem !== undefined) this.#process.condemn({reason: 'killed', detail: `it broke the protocol: ${problem}`});
		else if (!(await this.#goneWithin(leavingMs)))
			this.#process.condemn({reason: 'killed', detail: 'it closed its channel and stayed'});
		const failure = await this.#failure;
		return this.#stopped === undefined ? failure : new MofaError('cancelled', {}, {cause: failure});
	}

	#bury(failure: MofaError, died: (failure: MofaError) => void): void {
		this.#watch(0);
		this.channel.fail(this.#stopped === undefined ? failure : new MofaError('cancelled', {}, {cause: failure}));
		if (this.#stopped === undefined) died(failure);
	}
}
