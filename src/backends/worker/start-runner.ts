import type {LoadSettings} from '../../contract/adapter.ts';
import type {Device} from '../../contract/backend.ts';
import {MofaError} from '../../contract/error.ts';
import type {InstalledModel} from '../../contract/manifest.ts';
import type {Channel} from './channel.ts';
import {parseEngineReport, type EngineReport, type RunnerNotice} from './protocol.ts';
import {RemoteRunner, type Runner} from './runner.ts';
import {RunnerProcess, type RunnerProcessOptions} from './runner-process.ts';
import {RunnerSupervisor} from './runner-supervisor.ts';

export interface StartOptions {
	/** Absolute path of a script that calls `serveRunner`: `dist/runner.js`. */
	readonly entry: string;
	/** Name of the adapter that loads the model. */
	readonly adapter: string;
	/** The module of the plugin that the adapter comes from; absent: built in. */
	readonly plugin?: string;
	readonly model: InstalledModel;
	readonly device: Device;
	/** Cores the scheduler has handed to this engine for now. */
	readonly threads: number;
	readonly settings: LoadSettings;
	/** On top of what the daemon's own environment passes down; wins over it. */
	readonly env?: Readonly<Record<string, string>>;
	/** Aborting it while the model loads ends the process. It has no effect afterwards. */
	readonly signal: AbortSignal;
	/** 0..1 */
	readonly progress: (fraction: number) => void;
	/** Each line that the process or a native library in it prints; bounded in length and rate. */
	readonly log: (line: string) => void;
	/** Milliseconds the event loop of a working runner may stand still before it counts as hung; 60,000. Generous where a runtime computes on that thread. */
	readonly heartbeatMs?: number;
	/** The same while it loads; five times `heartbeatMs`. */
	readonly loadHeartbeatMs?: number;
	/** Milliseconds until the process must be up; 30,000. */
	readonly startMs?: number;
	/** Resident bytes beyond which a working runner is ended with `out-of-memory`; none. */
	readonly rssLimit?: number;
}

/**
 * Starts a process and loads one model in it.
 * Throws what the adapter threw, `load-failed`, `runner-failed` when the process died over it, or `cancelled`; no process is left then.
 */
export async function startRunner(options: StartOptions): Promise<Runner> {
	if (options.signal.aborted) throw cancellation(options.signal);
	const runner = {notice: (_notice: RunnerNotice): void => {}};
	const {entry, env, log, model, signal} = options;
	const name = model.manifest.name;
	const process = spawnRunner({entry, model: name, log, ...(env === undefined ? {} : {env})});
	const supervisor = new RunnerSupervisor(process, {
		...limitsOf(options),
		model: name,
		notice: notice => (notice.type === 'progress' ? options.progress(notice.fraction) : runner.notice(notice)),
	});
	try {
		const report = await untilAborted(load(supervisor, options), signal);
		const remote = new RemoteRunner(process.pid, supervisor, report);
		runner.notice = notice => remote.hear(notice);
		return remote;
	} catch (error) {
		await supervisor.kill();
		throw MofaError.from(error);
	}
}

function spawnRunner(options: RunnerProcessOptions): RunnerProcess {
	try {
		return new RunnerProcess(options);
	} catch (error) {
		const detail = `it did not start: ${error instanceof Error ? error.message : String(error)}`;
		throw new MofaError('runner-failed', {model: options.model, reason: 'exited', detail}, {cause: error});
	}
}

async function load(supervisor: RunnerSupervisor, options: StartOptions): Promise<EngineReport> {
	await supervisor.greeted();
	const report = await ask(supervisor.channel, options);
	supervisor.loaded(report.longestCall);
	return report;
}

async function ask(channel: Channel, options: StartOptions): Promise<EngineReport> {
	const {adapter, plugin, model, device, threads, settings} = options;
	const from = plugin === undefined ? {} : {plugin};
	let report: EngineReport | undefined;
	// To the end, not to the first answer: leaving early would abort the signal that the adapter loaded with.
	for await (const answer of channel.open({type: 'load', adapter, ...from, model, device, threads, settings}))
		report = parseEngineReport(answer);
	if (report !== undefined) return report;
	throw new MofaError('load-failed', {model: model.manifest.name, problem: 'the runner gave no engine'});
}

function limitsOf(options: StartOptions): {
	readonly heartbeatMs: number;
	readonly loadHeartbeatMs: number;
	readonly startMs: number;
	readonly rssLimit: number | undefined;
} {
	const {heartbeatMs = 60_000, startMs = 30_000, rssLimit} = options;
	return {heartbeatMs, loadHeartbeatMs: options.loadHeartbeatMs ?? heartbeatMs * 5, startMs, rssLimit};
}

async function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
	let stop = (): void => {};
	const aborted = new Promise<never>((_resolve, reject) => {
		stop = () => reject(cancellation(signal));
		signal.addEventListener('abort', stop, {once: true});
	});
	try {
		return await Promise.race([promise, aborted]);
	} finally {
		signal.removeEventListener('abort', stop);
	}
}

function cancellation(signal: AbortSignal): MofaError {
	return MofaError.is(signal.reason) ? signal.reason : new MofaError('cancelled', {}, {cause: signal.reason});
}
