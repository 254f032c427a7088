import {setTimeout as sleep} from 'node:timers/promises';
import type {Dispatcher} from 'undici';
import {MofaError} from '../../contract/error.ts';
import {version} from '../../lib/version.ts';
import {connectionFailure, isPassing, lastingFailure} from './connection-failure.ts';
import {exchange, type ReplyHeaders} from './exchange.ts';
import {readCertificates, readToken} from './hub-access.ts';
import {refusalFailure, type Asked} from './hub-failure.ts';
import type {HubSettings} from './hub-settings.ts';

export type About = Pick<Asked, 'repository' | 'revision' | 'file'>;

export interface Answer {
	readonly status: number;
	readonly headers: ReplyHeaders;
	/** Where it came from, or where it sends to when `elsewhere`. */
	readonly url: URL;
	readonly body: Buffer;
	/** It is a redirect to another host and port. */
	readonly elsewhere: boolean;
}

export interface Ask {
	readonly method: 'GET' | 'HEAD';
	readonly url: URL;
	readonly headers?: Readonly<Record<string, string>>;
	readonly signal: AbortSignal;
	/** Bytes; a longer answer is refused. */
	readonly limit: number;
	readonly about: About;
}

export interface Stream {
	readonly url: URL;
	readonly headers: Readonly<Record<string, string>>;
	readonly signal: AbortSignal;
	readonly onHead: (status: number, headers: ReplyHeaders, url: URL) => void;
	readonly onData: (piece: Buffer) => void | Promise<void>;
}

const mostRedirects = 5;
const redirects: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
/** Milliseconds before a question is asked again that failed for a reason that may pass. */
const patience = [250, 1000];
const stumbled: ReadonlySet<number> = new Set([500, 502, 504]);

interface Opened {
	readonly dispatcher: Promise<Dispatcher>;
	readonly token: string | null;
}

/** Leaves an exchange whose body nobody wants. */
class Redirected extends Error {
	readonly url: URL;

	constructor(url: URL) {
		super(`go on to ${url.host}`);
		this.url = url;
	}
}

/** Requests to the Hub and its CDN. The token goes to the endpoint's own host and port, and nowhere else. */
export class HubConnection {
	readonly #settings: HubSettings;
	readonly #origin: string;
	readonly #connections: number;
	#opened: Opened | null = null;

	constructor(settings: HubSettings, connections: number) {
		this.#settings = settings;
		this.#origin = new URL(settings.endpoint).origin;
		this.#connections = connections;
	}

	/** Whether an address is of the Hub itself, so that its headers speak of the file and not of the transport. */
	isHub(url: URL): boolean {
		return url.origin === this.#origin;
	}

	/**
	 * A whole answer in memory, after redirects that stay on the same host and port; the one that leaves it is the answer.
	 * Asks again when the connection broke or the server stumbled. Throws the failure that a refusal means.
	 */
	async ask(ask: Ask): Promise<Answer> {
		for (const wait of patience) {
			const answer = await this.#askOnce(ask).catch((error: unknown) => {
				if (!isPassing(error)) throw error;
				return null;
			});
			if (answer !== null && !stumbled.has(answer.status)) return this.#checked(answer, ask);
			await sleep(wait, undefined, {signal: ask.signal}).catch(() => {
				throw new MofaError('cancelled', {});
			});
		}
		return this.#checked(await this.#askOnce(ask), ask);
	}

	/** Hands on the bytes of an answer as they come, after redirects to anywhere. */
	async stream({url: first, headers, signal, onHead, onData}: Stream): Promise<void> {
		let url = first;
		for (let hops = 0; hops <= mostRedirects; hops += 1) {
			const at = url;
			try {
				return await this.#exchange('GET', at, headers, signal, {
					onHead: (status, received) => {
						const next = this.#nextOf(at, status, received);
						if (next !== null) throw new Redirected(next);
						onHead(status, received, at);
					},
					onData,
				});
			} catch (error) {
				if (!(error instanceof Redirected)) throw error;
				url = error.url;
			}
		}
		throw this.#misled(url);
	}

	async close(): Promise<void> {
		await (await this.#opened?.dispatcher)?.destroy();
	}

	/** What a status that is no success means. */
	refused(
		{status, headers, url, body}: Pick<Answer, 'status' | 'headers' | 'url'> & {readonly body?: Buffer},
		about: About,
	): MofaError {
		return refusalFailure(
			{
				status,
				code: headers['x-error-code'] ?? null,
				message: headers['x-error-message'] ?? messageIn(body, headers['content-type']),
				retryAfter: headers['retry-after'] ?? windowEnd(headers['ratelimit']),
				isPage: /html/i.test(headers['content-type'] ?? ''),
			},
			{...about, address: url.host, endpoint: this.#settings.endpoint, signedIn: this.#open().token !== null},
		);
	}

	async #askOnce(ask: Ask): Promise<Answer> {
		let url = ask.url;
		let known: ReplyHeaders = {};
		for (let hops = 0; hops <= mostRedirects; hops += 1) {
			const {status, headers, body} = await this.#once(url, ask);
			// The Hub names the file on the way, and what it leads to does not repeat that.
			const all = {...known, ...headers};
			const next = this.#nextOf(url, status, headers);
			if (next === null) return {status, headers: all, url, body, elsewhere: false};
			if (next.origin !== url.origin) return {status, headers: all, url: next, body, elsewhere: true};
			known = aboutTheFile(all);
			url = next;
		}
		throw this.#misled(url);
	}

	async #once(url: URL, {method, headers, signal, limit}: Ask): Promise<Omit<Answer, 'url' | 'elsewhere'>> {
		const pieces: Buffer[] = [];
		let bytes = 0;
		let status = 0;
		let head: ReplyHeaders = {};
		await this.#exchange(method, url, headers ?? {}, signal, {
			onHead(code, received) {
				status = code;
				head = received;
			},
			onData(piece) {
				bytes += piece.length;
				if (bytes > limit) throw lastingFailure(url.host, `its answer is longer than ${limit} bytes`);
				// Its memory serves the next one.
				pieces.push(Buffer.from(piece));
			},
		});
		return {status, headers: head, body: Buffer.concat(pieces, bytes)};
	}

	async #exchange(
		method: 'GET' | 'HEAD',
		url: URL,
		headers: Readonly<Record<string, string>>,
		signal: AbortSignal,
		callbacks: {
			onHead(status: number, headers: ReplyHeaders): void;
			onData(piece: Buffer): void | Promise<void>;
		},
	): Promise<void> {
		const {offline, timeouts, proxy} = this.#settings;
		if (offline !== null) throw new MofaError('offline', {wanted: url.pathname.slice(1), setting: offline});
		const {dispatcher, token} = this.#open();
		const all = {
			'user-agent': `mofa/${version}; node/${process.versions.node}`,
			// Sizes and ranges are of the content itself.
			'accept-encoding': 'identity',
			...(token !== null && this.isHub(url) ? {authorization: `Bearer ${token}`} : {}),
			...headers,
		};
		const explain = (error: unknown): MofaError => connectionFailure(error, url, proxy);
		await exchange(await dispatcher, {method, url, headers: all, timeouts, signal, explain, ...callbacks});
	}

	#checked(answer: Answer, {about}: Ask): Answer {
		if (answer.elsewhere || (answer.status >= 200 && answer.status < 300)) return answer;
		throw this.refused(answer, about);
	}

	/** Where a redirect leads; null when the answer is none. Throws for one that nobody should follow. */
	#nextOf(from: URL, status: number, headers: ReplyHeaders): URL | null {
		const location = headers['location'];
		if (!redirects.has(status) || location === undefined) return null;
		const next = URL.canParse(location, from.href) ? new URL(location, from) : null;
		const safe = next?.protocol === 'https:' || (next?.protocol === 'http:' && from.protocol === 'http:');
		if (next === null || !safe) throw lastingFailure(from.host, 'it sends on to an address that is not safe');
		return next;
	}

	/** Opened with the first request: what never asks the Hub needs neither its token nor certificates nor the client. */
	#open(): Opened {
		if (this.#opened !== null) return this.#opened;
		const certificates = readCertificates(this.#settings.certificateFiles);
		const dispatcher = import('./dispatcher.ts').then(({createDispatcher}) =>
			createDispatcher(this.#settings, certificates, this.#connections),
		);
		this.#opened = {dispatcher, token: readToken(this.#settings)};
		return this.#opened;
	}

	#misled(url: URL): MofaError {
		return lastingFailure(url.host, 'it sends from one address to the next');
	}
}

function aboutTheFile(headers: ReplyHeaders): ReplyHeaders {
	return Object.fromEntries(
		['x-repo-commit', 'x-linked-etag', 'x-linked-size'].map(name => [name, headers[name]] as const),
	);
}

/** The Hub writes errors as `{"error": "…"}`. */
function messageIn(body: Buffer | undefined, type: string | undefined): string | null {
	if (body === undefined || !/json/i.test(type ?? '')) return null;
	try {
		const {error} = JSON.parse(body.toString('utf8')) as {readonly error?: unknown};
		return typeof error === 'string' ? error : null;
	} catch {
		return null;
	}
}

/** `RateLimit: "api";r=0;t=55`: seconds until the window begins anew. */
function windowEnd(header: string | undefined): string | null {
	return /;\s*t\s*=\s*(\d+)/.exec(header ?? '')?.[1] ?? null;
}
