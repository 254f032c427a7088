import path from 'node:path';
import type {Client} from '../client/client.ts';
import type {WaitPhase} from '../client/connect.ts';
import {protocolVersion} from '../contract/protocol.ts';
import type {ModelStore} from '../contract/store.ts';
import {packageRoot} from '../lib/package-root.ts';
import {version} from '../lib/version.ts';
import {remoteDaemon, type RemoteDaemon} from '../settings/host.ts';
import {currentPaths} from '../settings/paths.ts';

/**
 * `start`: the daemon, started when none runs. `running`: only one that runs. `in-process`: no daemon at all.
 * The first two are the daemon elsewhere where the setting `host` names one; nothing else ever answers in its place.
 */
export type Connection = 'start' | 'running' | 'in-process';

export type OpenStore = ModelStore & AsyncDisposable & Pick<Client, 'remote'>;

/** A cold disk and a busy machine included; a daemon of another version may have answers to end first. */
const timeoutMs = 30_000;

/** Throws `daemon-unreachable`, of a daemon elsewhere `network`. `onWait` hears why it takes longer than a moment. */
export async function connectClient(connection: Connection, onWait?: (phase: WaitPhase) => void): Promise<Client> {
	if (connection === 'in-process') {
		const {openInProcess} = await import('./in-process.ts');
		return openInProcess();
	}
	const {socket, lock, log, settingsFile} = currentPaths();
	const remote = remoteDaemon(settingsFile, process.env);
	if (remote !== null) return connectElsewhere(remote);
	const {connect, connectRunning} = await import('../client/connect.ts');
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

/** Fetching and keeping models: in this process, but for those of a daemon elsewhere, unless `here` is what was asked for. */
export async function openStore(here: boolean): Promise<OpenStore> {
	const remote = here ? null : remoteDaemon(currentPaths().settingsFile, process.env);
	if (remote !== null) return connectElsewhere(remote);
	const {openInProcess} = await import('./in-process.ts');
	return openInProcess();
}

async function connectElsewhere(remote: RemoteDaemon): Promise<Client> {
	const {connectRemote} = await import('../client/connect-remote.ts');
	return connectRemote({...remote, protocol: protocolVersion, version});
}
