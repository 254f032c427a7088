import {remoteDaemon} from '../settings/host.ts';
import {currentPaths} from '../settings/paths.ts';
import {usageFailure} from './report-failure.ts';
import type {Terminal} from './terminal.ts';

/** Where the daemon elsewhere is that commands ask; null: they ask one of this machine. Throws for a host that says neither. */
export function remoteAddress({env}: Pick<Terminal, 'env'>): string | null {
	return remoteDaemon(currentPaths().settingsFile, env)?.url ?? null;
}

/** For what only a program on the daemon's machine can do. Null: that is this one, so go on. */
export async function refusedRemotely(terminal: Terminal, what: string, next: string): Promise<number | null> {
	const address = remoteAddress(terminal);
	if (address === null) return null;
	return usageFailure(terminal, `${what}, and commands ask the daemon at ${address}`, next);
}
