import {readFileSync} from 'node:fs';
import path from 'node:path';
import {MofaError} from '../../contract/error.ts';

/** How the Hub is reached; the same variables as Python's `huggingface_hub` and curl read. */
export interface HubSettings {
	/** Without a slash at the end. */
	readonly endpoint: string;
	readonly token: string | null;
	/** The variable that says to stay off the network, or null. */
	readonly offline: string | null;
	/** Files with certificates to trust beside the usual ones. */
	readonly certificates: string | null;
	readonly proxy: {readonly http?: string; readonly https?: string; readonly none?: string};
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Throws `invalid-request` for an endpoint that is no address, `file-error` for certificates that cannot be read. */
export function hubSettings(env: Environment, home: string): HubSettings {
	return {
		endpoint: endpointOf(env),
		token: tokenOf(env, home),
		offline: ['HF_HUB_OFFLINE', 'TRANSFORMERS_OFFLINE'].find(name => isOn(env[name])) ?? null,
		certificates: certificatesOf(env),
		proxy: {
			...optional('http', env['http_proxy'] || env['HTTP_PROXY'] || env['ALL_PROXY']),
			...optional('https', env['https_proxy'] || env['HTTPS_PROXY'] || env['ALL_PROXY']),
			...optional('none', env['no_proxy'] || env['NO_PROXY']),
		},
	};
}

function endpointOf(env: Environment): string {
	const text = env['HF_ENDPOINT'] || 'https://huggingface.co';
	const url = URL.canParse(text) ? new URL(text) : null;
	if (url === null || !/^https?:$/.test(url.protocol))
		throw new MofaError('invalid-request', {
			path: 'HF_ENDPOINT',
			expected: 'an address such as https://huggingface.co',
		});
	return url.href.replace(/\/+$/, '');
}

function tokenOf(env: Environment, home: string): string | null {
	if (isOn(env['HF_HUB_DISABLE_IMPLICIT_TOKEN'])) return null;
	const given = env['HF_TOKEN'] || env['HUGGING_FACE_HUB_TOKEN'];
	if (given) return clean(given);
	const cache = env['XDG_CACHE_HOME'] || path.join(home, '.cache');
	const file = env['HF_TOKEN_PATH'] || path.join(env['HF_HOME'] || path.join(cache, 'huggingface'), 'token');
	try {
		return clean(readFileSync(file, 'utf8'));
	} catch {
		return null;
	}
}

/** A stray line end in a header would be another header. */
function clean(token: string): string | null {
	const trimmed = token.replaceAll(/[\r\n]/g, '').trim();
	return trimmed === '' ? null : trimmed;
}

/** `NODE_EXTRA_CA_CERTS` is read by node itself. */
function certificatesOf(env: Environment): string | null {
	const file = env['REQUESTS_CA_BUNDLE'] || env['CURL_CA_BUNDLE'] || env['SSL_CERT_FILE'];
	if (!file) return null;
	try {
		return readFileSync(file, 'utf8');
	} catch (error) {
		throw new MofaError('file-error', {path: file, problem: `the certificates cannot be read: ${String(error)}`});
	}
}

function isOn(value: string | undefined): boolean {
	return /^(1|on|yes|true)$/i.test(value ?? '');
}

function optional<K extends string>(key: K, value: string | undefined): Partial<Record<K, string>> {
	return value ? ({[key]: value} as Partial<Record<K, string>>) : {};
}
