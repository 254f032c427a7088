import path from 'node:path';
import {MofaError} from '../../contract/error.ts';

/** How the Hub is reached; the same variables as Python's `huggingface_hub` and curl read. Nothing is opened yet. */
export interface HubSettings {
	/** Without a slash at the end. */
	readonly endpoint: string;
	/** Given outright; else it may stand in `tokenFile`. */
	readonly token: string | null;
	readonly tokenFile: string | null;
	/** The variable that says to stay off the network, or null. */
	readonly offline: string | null;
	/** PEM files with certificates to trust beside the usual ones. */
	readonly certificateFiles: readonly string[];
	readonly proxy: ProxySettings;
	readonly timeouts: HubTimeouts;
}

/** Addresses; empty where there is none. */
export interface ProxySettings {
	readonly http: string;
	readonly https: string;
	/** Hosts that are reached without, as `NO_PROXY` lists them. */
	readonly except: string;
}

/** Milliseconds. */
export interface HubTimeouts {
	readonly connect: number;
	/** From the question to the head of the answer. */
	readonly answer: number;
	/** Between two pieces of a body. */
	readonly silence: number;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Pure. Throws `invalid-request` for an endpoint or a proxy that is no address. */
export function hubSettings(env: Environment, home: string): HubSettings {
	const implicit = !isOn(env['HF_HUB_DISABLE_IMPLICIT_TOKEN']);
	return {
		endpoint: endpointOf(env),
		token: implicit ? cleanToken(env['HF_TOKEN'] || env['HUGGING_FACE_HUB_TOKEN'] || '') : null,
		tokenFile: implicit ? tokenFileOf(env, home) : null,
		offline: ['HF_HUB_OFFLINE', 'TRANSFORMERS_OFFLINE'].find(name => isOn(env[name])) ?? null,
		certificateFiles: certificateVariables.map(name => env[name] ?? '').filter(file => file !== ''),
		proxy: {
			http: proxyOf(env, 'HTTP_PROXY'),
			https: proxyOf(env, 'HTTPS_PROXY'),
			except: env['no_proxy'] || env['NO_PROXY'] || '',
		},
		timeouts: {
			connect: 10_000,
			answer: milliseconds(env['HF_HUB_ETAG_TIMEOUT']) ?? 30_000,
			silence: milliseconds(env['HF_HUB_DOWNLOAD_TIMEOUT']) ?? 30_000,
		},
	};
}

/** Of curl, Python and OpenSSL. node reads the last one itself, but only for connections that bring no certificates. */
const certificateVariables = ['REQUESTS_CA_BUNDLE', 'CURL_CA_BUNDLE', 'SSL_CERT_FILE', 'NODE_EXTRA_CA_CERTS'];

/** A stray line end in a header would be another header. Null where nothing is left. */
export function cleanToken(text: string): string | null {
	const token = text.replaceAll(/[\r\n]/g, '').trim();
	return token === '' ? null : token;
}

function endpointOf(env: Environment): string {
	const text = env['HF_ENDPOINT'] || 'https://huggingface.co';
	const url = URL.canParse(text) ? new URL(text) : null;
	if (url === null || !/^https?:$/.test(url.protocol) || url.username !== '' || url.search !== '')
		throw new MofaError('invalid-request', {
			path: 'HF_ENDPOINT',
			expected: 'an address such as https://huggingface.co',
		});
	// The short name only sends on to the long one.
	if (url.host === 'hf.co') url.host = 'huggingface.co';
	return url.href.replace(/\/+$/, '');
}

function tokenFileOf(env: Environment, home: string): string {
	const cache = env['XDG_CACHE_HOME'] || path.join(home, '.cache');
	return atHome(env['HF_TOKEN_PATH'] || path.join(env['HF_HOME'] || path.join(cache, 'huggingface'), 'token'), home);
}

/** `~` reaches a program where no shell stood in between. */
function atHome(file: string, home: string): string {
	return file === '~' || file.startsWith('~/') ? path.join(home, file.slice(1)) : file;
}

/** As curl takes it: the small letters first, `host:port` without a scheme. */
function proxyOf(env: Environment, name: string): string {
	const text = env[name.toLowerCase()] || env[name] || env['all_proxy'] || env['ALL_PROXY'] || '';
	if (text === '') return '';
	const address = (text.includes('://') ? text : `http://${text}`).replace(/^socks5h:/, 'socks5:');
	if (URL.canParse(address) && /^(https?|socks5?):$/.test(new URL(address).protocol)) return address;
	throw new MofaError('invalid-request', {path: name, expected: 'an address such as http://proxy:3128'});
}

function milliseconds(seconds: string | undefined): number | null {
	const value = Number(seconds || Number.NaN);
	return value > 0 && value <= 3600 ? value * 1000 : null;
}

function isOn(value: string | undefined): boolean {
	return /^(1|on|yes|true)$/i.test(value ?? '');
}
