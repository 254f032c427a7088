import type {ChildProcess} from 'node:child_process';
import {closeSync, fstatSync, mkdirSync, openSync, readSync, renameSync, statSync, writeSync} from 'node:fs';
import path from 'node:path';
import type {Readable} from 'node:stream';
import {MofaError} from '../contract/error.ts';
import type {ConnectOptions} from './connect.ts';
import {fromWire, isWireFailure} from './transport.ts';

/** What a daemon writes to the file descriptor that `MOFA_READY_FD` names: one JSON line, once, then it closes it. */
export type ReadyLine = {readonly ready: true} | {readonly failure: unknown};

type StartOptions = Pick<ConnectOptions, 'entry' | 'socketPath' | 'lockPath' | 'logPath' | 'environment'>;

const readyFd = 3;
/** A log that grew past this is set aside. */
const largestLog = 10_000_000;

/**
 * Starts the daemon in the background and resolves when it says that it is ready.
 * Throws the failure it reports, or `daemon-unreachable` with the last lines of its log.
 */
export async function startDaemon(options: StartOptions, timeoutMs: number): Promise<void> {
	makeFolders(options);
	const log = openLog(options.logPath);
	// Not loaded by the many commands that find a daemon running.
	const {spawn} = await import('node:child_process');
	const child = spawn(process.execPath, [options.entry], {
		detached: true,
		windowsHide: true,
		// Its own folder, so that it keeps no other one busy.
		cwd: path.dirname(options.lockPath),
		env: {...(options.environment ?? process.env), MOFA_READY_FD: String(readyFd)},
		stdio: ['ignore', log?.fd ?? 'ignore', log?.fd ?? 'ignore', 'pipe'],
	});
	try {
		const outcome = await readiness(child, timeoutMs);
		if (outcome.type === 'ready') return;
		if (outcome.type === 'late') child.kill();
		if (outcome.type === 'failure' && isWireFailure(outcome.failure)) throw fromWire(outcome.failure);
		throw new MofaError('daemon-unreachable', {
			address: options.socketPath,
			problem: [problemOf(outcome, timeoutMs), ...lastLines(log)].join('\n'),
		});
	} finally {
		if (log !== undefined) closeSync(log.fd);
		child.stdio[readyFd]?.destroy();
		child.unref();
	}
}

type Outcome =
	| {readonly type: 'ready'}
	| {readonly type: 'failure'; readonly failure: unknown}
	| {readonly type: 'ended'; readonly how: string}
	| {readonly type: 'late'};

function makeFolders({socketPath, lockPath, logPath}: StartOptions): void {
	const folders = [lockPath, logPath, ...(process.platform === 'win32' ? [] : [socketPath])].map(file =>
		path.dirname(file),
	);
	for (const folder of new Set(folders))
		try {
			mkdirSync(folder, {recursive: true, mode: 0o700});
		} catch (error) {
			throw new MofaError(
				'file-error',
				{path: folder, problem: error instanceof Error ? error.message : String(error)},
				{cause: error},
			);
		}
}

interface Log {
	readonly fd: number;
	/** Where this daemon's part begins. */
	readonly start: number;
}

/** Undefined where nothing can be written, a full disk included: the daemon then starts without a log. */
function openLog(file: string): Log | undefined {
	let fd: number | undefined;
	try {
		if ((statSync(file, {throwIfNoEntry: false})?.size ?? 0) > largestLog) renameSync(file, `${file}.1`);
		fd = openSync(file, 'a+', 0o600);
		const {size} = fstatSync(fd);
		// Opening works on a full disk; only writing tells.
		writeSync(fd, `${JSON.stringify({level: 30, time: new Date().toISOString(), msg: 'starting the daemon'})}\n`);
		return {fd, start: size};
	} catch {
		if (fd !== undefined) closeSync(fd);
		return undefined;
	}
}

function readiness(child: ChildProcess, timeoutMs: number): Promise<Outcome> {
	return new Promise(resolve => {
		const timer = setTimeout(() => resolve({type: 'late'}), timeoutMs);
		const settle = (outcome: Outcome): void => {
			clearTimeout(timer);
			resolve(outcome);
		};
		child.once('error', error => settle({type: 'ended', how: error.message}));
		// The pipe may hold the reason when the process is already gone, so `close` counts and not `exit`.
		child.once('close', (code, signal) => settle({type: 'ended', how: signal ?? `code ${code}`}));
		let text = '';
		const pipe = child.stdio[readyFd] as Readable | null | undefined;
		pipe?.setEncoding('utf8');
		pipe?.on('error', () => undefined);
		pipe?.on('data', (chunk: string) => {
			text = (text + chunk).slice(0, 65_536);
			if (text.includes('\n')) settle(parseReady(text));
		});
	});
}

function parseReady(text: string): Outcome {
	try {
		const line = JSON.parse(text.slice(0, text.indexOf('\n'))) as ReadyLine;
		return 'ready' in line ? {type: 'ready'} : {type: 'failure', failure: line.failure};
	} catch {
		return {type: 'ended', how: 'a word that is no JSON'};
	}
}

function problemOf(outcome: Outcome, timeoutMs: number): string {
	if (outcome.type === 'late') return `it was not ready after ${Math.round(timeoutMs / 1000)} s`;
	return outcome.type === 'ended' ? `it ended with ${outcome.how} while starting` : 'it could not start';
}

/** What this daemon wrote, at most ten lines. */
function lastLines(log: Log | undefined): readonly string[] {
	if (log === undefined) return [];
	const {size} = fstatSync(log.fd);
	const from = Math.max(log.start, size - 4096);
	const bytes = Buffer.alloc(size - from);
	readSync(log.fd, bytes, 0, bytes.length, from);
	return bytes.toString('utf8').trimEnd().split('\n').slice(1).slice(-10);
}
