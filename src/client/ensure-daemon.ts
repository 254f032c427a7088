import {mkdirSync} from 'node:fs';
import path from 'node:path';
import {setTimeout as delay} from 'node:timers/promises';
import {MofaError} from '../contract/error.ts';
import {pidLockOwner, takePidLock} from '../lib/pid-lock.ts';
import type {Client} from './client.ts';
import {matches, runningVersion, type ConnectOptions} from './connect.ts';
import {startDaemon} from './start-daemon.ts';

/** One step a round until a daemon of our version answers. Several clients may do this at once. */
export async function ensureDaemon(client: Client, options: ConnectOptions): Promise<void> {
	const deadline = Date.now() + options.timeoutMs;
	let asked: number | undefined;
	for (let pause = 5; ; pause = Math.min(100, pause * 2)) {
		// 1. It answers: done, or it is one of another version and has to go. It is asked once; it may have answers to end.
		const running = await runningVersion(client);
		if (matches(running, options)) return;
		if (running !== undefined && running.pid !== asked) {
			options.onWait?.('replacing');
			asked = running.pid;
			await client.shutdown().catch(() => undefined);
		}
		const owner = running?.pid ?? pidLockOwner(options.lockPath);
		// 2. One lives but does not answer: it starts, or it ends.
		// 3. None lives: whoever gets the start lock starts one, the others wait for it.
		if (owner === undefined && (await startOnce(options, deadline))) continue;
		if (Date.now() >= deadline) throw tooLate(options, owner);
		if (running === undefined) options.onWait?.('waiting');
		await delay(pause);
	}
}

/** False when another client is starting one. */
async function startOnce(options: ConnectOptions, deadline: number): Promise<boolean> {
	const lock = takeStartLock(options);
	if ('heldBy' in lock) return false;
	try {
		// Someone may have started one between our look and our lock.
		if (pidLockOwner(options.lockPath) !== undefined) return false;
		options.onWait?.('starting');
		await startDaemon(options, Math.max(0, deadline - Date.now()));
		return true;
	} catch (error) {
		// A daemon started by hand was faster: ours has left, and that one will do.
		if (pidLockOwner(options.lockPath) !== undefined && Date.now() < deadline) return false;
		throw error;
	} finally {
		lock.release();
	}
}

function takeStartLock(options: ConnectOptions): ReturnType<typeof takePidLock> {
	const file = `${options.lockPath}.start`;
	try {
		mkdirSync(path.dirname(file), {recursive: true, mode: 0o700});
		return takePidLock(file);
	} catch (error) {
		throw new MofaError(
			'file-error',
			{path: file, problem: error instanceof Error ? error.message : String(error)},
			{cause: error},
		);
	}
}

function tooLate({socketPath, timeoutMs}: ConnectOptions, owner: number | undefined): MofaError {
	const after = `after ${Math.round(timeoutMs / 1000)} s`;
	const problem =
		owner === undefined
			? `another client has not started it ${after}`
			: `process ${owner} has not made room or answered ${after}`;
	return new MofaError('daemon-unreachable', {address: socketPath, problem});
}
