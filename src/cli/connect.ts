import path from 'node:path';
import type {Client} from '../client/client.ts';
import type {WaitPhase} from '../client/connect.ts';
import {protocolVersion} from '../contract/protocol.ts';
import type {ModelStore} from '../contract/store.ts';
import {packageRoot} from '../lib/package-root.ts';
import {version} from '../lib/version.ts';
import {currentPaths} from '../settings/paths.ts';

/** `start`: the daemon, started when none runs. `running`: only one that runs. `in-process`: no daemon at all. */
export type Connection = 'start' | 'running' | 'in-process';

/** A cold disk and a busy machine included; a daemon of another version may have answers to end first. */
const timeoutMs = 30_000;

/** Throws `daemon-unreachable`. `onWait` hears why it takes longer than a moment. */
export async function connectClient(connection: Connection, onWait?: (phase: WaitPhase) => void): Promise<Client> {
	if (connection === 'in-process') {
		const {openInProcess} = await import('./in-process.ts');
		return openInProcess();
	}
	const {connect, connectRunning} = await import('../client/connect.ts');
	const {socket, lock, log} = currentPaths();
	if (connection === 'running') return connectRunning({socketPath: socket, lockPath: lock});
	return connect({
		entry: path.join(packageRoot(), 'dist', 'daemon.js'),
		socketPath: socket,
		lockPath: lock,
		logPath: log,
		protocol: protocolVersion,
		version,
		timeoutMs,
		onWait,
	});
}

/** Fetching and keeping models, in this process. */
export async function openStore(): Promise<ModelStore & AsyncDisposable> {
	const {openInProcess} = await import('./in-process.ts');
	return openInProcess();
}
