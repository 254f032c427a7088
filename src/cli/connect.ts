import path from 'node:path';
import type {Client} from '../client/client.ts';
import {packageRoot} from '../lib/package-root.ts';
import {currentPaths} from '../settings/paths.ts';

/** `start`: the daemon, started when none runs. `running`: only one that runs. `in-process`: no daemon at all. */
export type Connection = 'start' | 'running' | 'in-process';

/** Throws `daemon-unreachable`. */
export async function connectClient(connection: Connection): Promise<Client> {
	if (connection === 'in-process') {
		const {openInProcess} = await import('./in-process.ts');
		return openInProcess();
	}
	const {connect} = await import('../client/start-daemon.ts');
	const {socket, lock, log} = currentPaths();
	return connect({
		entry: path.join(packageRoot(), 'dist', 'daemon.js'),
		socketPath: socket,
		lockPath: lock,
		logPath: log,
		start: connection === 'start',
	});
}
