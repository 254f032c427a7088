import {MofaError} from '../contract/error.ts';

export interface Host {
	readonly hostname: string;
	readonly port: number;
}

const defaultPort = 8420;

/** `127.0.0.1:8420`, `:9000`, `0.0.0.0`, `[::1]:8420`, `http://localhost:8420/`; null for `off`. Throws `invalid-request`. */
export function parseHost(text: string): Host | null {
	if (text.trim().toLowerCase() === 'off') return null;
	const match = /^(?:https?:\/\/)?(\[[0-9a-f:]+\]|[\w.-]*)(?::(\d{1,5}))?\/?$/i.exec(text.trim());
	const port = Number(match?.[2] ?? defaultPort);
	// A number alone is meant to be a port, and would be taken for the name of a machine.
	if (match === null || port > 65_535 || /^\d+$/.test(match[1] ?? ''))
		throw new MofaError('invalid-request', {
			path: 'host',
			expected: `an address such as 127.0.0.1:${defaultPort}, not "${text}"`,
		});
	const hostname = (match[1] ?? '').replace(/^\[|\]$/g, '');
	return {hostname: hostname === '' ? '127.0.0.1' : hostname, port};
}

/** Whether only this machine can reach it. */
export function isLoopback(hostname: string): boolean {
	return hostname === 'localhost' || hostname === '::1' || /^127(\.\d{1,3}){3}$/.test(hostname);
}

/** Beyond this machine, whoever reaches the port can use the models: a key must be set first. */
export function checkExposure(host: Host | null, apiKey: string | null): void {
	if (host === null || isLoopback(host.hostname) || apiKey !== null) return;
	throw new MofaError('invalid-request', {
		path: 'api_key',
		expected: `a key (mofa config set api_key …) before listening on ${host.hostname}, which other machines can reach`,
	});
}
