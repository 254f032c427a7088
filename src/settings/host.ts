import os from 'node:os';
import {MofaError} from '../contract/error.ts';
import {readStored, type Stored} from './stored.ts';

/** Where a daemon of this machine listens, or the daemon that commands ask instead of it. */
export type HostMeaning = {readonly type: 'listen'} | {readonly type: 'ask'; readonly url: string};

/** A daemon that commands ask, which is never started from here. */
export interface RemoteDaemon {
	/** `http://box:8420`; a path may follow, and no slash ends it. */
	readonly url: string;
	readonly apiKey: string | null;
}

export const hostExpectation = 'an address such as 127.0.0.1:8420, the URL of a daemon such as http://box:8420, or off';

const defaultPort = 8420;
const listen: HostMeaning = {type: 'listen'};

/**
 * What the setting `host` says; undefined for what is neither an address nor a URL.
 * 1. Nothing, or every address of this machine: where to listen.
 * 2. A URL: a daemon to ask, and one on this machine too, where a tunnel may begin.
 * 3. An address of this machine: where to listen. 4. Any other: nobody could listen there, so it is a daemon to ask.
 */
export function hostMeaning(text: string, isOwn: (hostname: string) => boolean): HostMeaning | undefined {
	if (text.trim().toLowerCase() === 'off') return listen;
	const match = grammar.exec(text.trim());
	if (match === null || Number(match[3] ?? 0) > 65_535) return undefined;
	const [, scheme, name = '', port, path = ''] = match;
	// Meant to be a port, and not the name of a machine.
	if (/^\d+$/.test(name)) return undefined;
	const hostname = name.toLowerCase();
	// 1.
	if (everyAddress.has(hostname)) return path === '' ? listen : undefined;
	// 2.
	if (scheme !== undefined)
		return {type: 'ask', url: `${scheme.toLowerCase()}${hostname}${port === undefined ? '' : `:${port}`}${path}`};
	if (path !== '') return undefined;
	// 3.
	if (isLoopback(hostname) || isOwn(hostname.replace(/^\[(.*)\]$/, '$1'))) return listen;
	// 4.
	return {type: 'ask', url: `http://${hostname}:${port ?? defaultPort}`};
}

const grammar = /^(https?:\/\/)?(\[[0-9a-f:.]+\]|[\w.-]*)(?::(\d{1,5}))?((?:\/[\w.~-]+)*)\/?$/i;
const everyAddress: ReadonlySet<string> = new Set(['', '0.0.0.0', '[::]']);

function isLoopback(hostname: string): boolean {
	return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname);
}

/**
 * The daemon elsewhere that commands ask; null where they ask one of this machine. A key goes only where the same person
 * sends it who names the daemon: the one in the file is for the daemon of the file, not for any that the environment names.
 * Throws `invalid-request` for a host that says neither, and `file-error`.
 */
export function remoteDaemon(file: string, env: Readonly<Record<string, string | undefined>>): RemoteDaemon | null {
	const named = env['MOFA_HOST'];
	const stored: Stored = named ? {} : readStored(file);
	const text = named || stored['host'];
	if (text === undefined) return null;
	const meaning = hostMeaning(text, isThisMachine);
	if (meaning === undefined)
		throw new MofaError('invalid-request', {path: 'host', expected: `${hostExpectation}, not "${text}"`});
	if (meaning.type === 'listen') return null;
	return {url: meaning.url, apiKey: env['MOFA_API_KEY'] || stored['api_key'] || null};
}

/** By its name or the address of one of its networks. Asks the system, so only where nothing else decides. */
function isThisMachine(hostname: string): boolean {
	const name = os.hostname().toLowerCase();
	const [short = ''] = name.split('.');
	if ([name, short, `${short}.local`].includes(hostname)) return true;
	return Object.values(os.networkInterfaces())
		.flat()
		.some(network => network?.address === hostname);
}
