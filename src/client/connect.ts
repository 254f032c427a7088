import {MofaError} from '../contract/error.ts';
import type {VersionReport} from '../contract/report.ts';
import {pidLockOwner} from '../lib/pid-lock.ts';
import type {Client} from './client.ts';
import {createHttpClient} from './http-client.ts';

export interface ConnectOptions {
	/** The script that `node` runs as the daemon. */
	readonly entry: string;
	readonly socketPath: string;
	/** The lock that a daemon holds while it lives. */
	readonly lockPath: string;
	readonly logPath: string;
	/** Both must be equal to those of a running daemon, or it is asked to end and one of ours takes its place. */
	readonly protocol: number;
	readonly version: string;
	readonly timeoutMs: number;
	/** Told when connecting takes more than a moment, and why. */
	readonly onWait?: ((phase: WaitPhase) => void) | undefined;
	readonly environment?: NodeJS.ProcessEnv | undefined;
}

/** `starting` a daemon; `waiting` for one that starts or ends by itself; `replacing` one of another version. */
export type WaitPhase = 'starting' | 'waiting' | 'replacing';

/** A client of the daemon, which is started when none runs. Throws `daemon-unreachable` with what its log says. */
export async function connect(options: ConnectOptions): Promise<Client> {
	const client = createHttpClient({socketPath: options.socketPath});
	if (matches(await runningVersion(client), options)) return client;
	const {ensureDaemon} = await import('./ensure-daemon.ts');
	await ensureDaemon(client, options);
	return client;
}

/**
 * A client of a daemon that runs already, whatever its version. Throws `daemon-unreachable`.
 * The lock tells without asking: a question costs as much as the one that follows.
 */
export async function connectRunning({
	socketPath,
	lockPath,
}: Pick<ConnectOptions, 'socketPath' | 'lockPath'>): Promise<Client> {
	if (pidLockOwner(lockPath) === undefined)
		throw new MofaError('daemon-unreachable', {address: socketPath, problem: 'no daemon is running'});
	return createHttpClient({socketPath});
}

export async function runningVersion(client: Client): Promise<VersionReport | undefined> {
	try {
		return await client.version();
	} catch (error) {
		if (MofaError.is(error, 'daemon-unreachable')) return undefined;
		throw error;
	}
}

export function matches(report: VersionReport | undefined, {protocol, version}: ConnectOptions): boolean {
	return report !== undefined && report.protocol === protocol && report.version === version;
}
