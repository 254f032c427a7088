import {rootCertificates} from 'node:tls';
import {Agent, EnvHttpProxyAgent, type Dispatcher} from 'undici';
import {MofaError} from '../../contract/error.ts';
import {version} from '../../lib/version.ts';
import {connectionFailure, refusalFailure, type Asked} from './hub-failure.ts';
import type {HubSettings} from './hub-settings.ts';

export interface Answer {
	readonly status: number;
	readonly headers: Readonly<Record<string, string | undefined>>;
	/** Of the last address, after redirects. */
	readonly url: URL;
	readonly body: Buffer;
}

export interface Ask {
	readonly method: 'GET' | 'HEAD';
	readonly url: URL;
	readonly headers?: Readonly<Record<string, string>>;
	readonly signal: AbortSignal;
	/** Bytes of the answer that are kept; a longer one is refused. */
	readonly limit: number;
	/** Which redirects are followed: all, those that stay on the same host and port, or none. */
	readonly follow: 'all' | 'same-host';
	readonly about: Pick<Asked, 'repository' | 'revision' | 'file'>;
}

const mostRedirects = 5;
const redirects: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
/** Milliseconds without a byte: of a head, and of a body. */
const silence = 30_000;

/** Requests to the Hub and its CDN. The token goes to the endpoint's own host and port, and nowhere else. */
export class HubConnection {
	readonly #settings: HubSettings;
	readonly #origin: string;
	readonly #dispatcher: Dispatcher;

	constructor(settings: HubSettings, connections: number) {
		this.#settings = settings;
		this.#origin = new URL(settings.endpoint).origin;
		this.#dispatcher = dispatcherFor(settings, connections);
	}

	get signedIn(): boolean {
		return this.#settings.token !== null;
	}

	/** A whole answer in memory. Throws the failure that a refusal means. */
	async ask(ask: Ask): Promise<Answer> {
		this.#needNetwork(ask.url);
		let url = ask.url;
		for (let hops = 0; hops <= mostRedirects; hops += 1) {
			const answer = await this.#once(url, ask);
			const location = answer.headers['location'];
			if (!redirects.has(answer.status) || location === undefined) return this.#checked(answer, ask);
			const next = new URL(location, url);
			if (!/^https?:$/.test(next.protocol)) throw this.#misled(url);
			if (ask.follow === 'same-host' && next.origin !== url.origin) return {...answer, url: next};
			url = next;
		}
		throw this.#misled(url);
	}

	/**
	 * Streams the bytes of a 206 answer as they come. `onHead` may throw to refuse it; a promise that `onData` returns
	 * holds the connection back until it is settled.
	 */
	stream(
		url: URL,
		headers: Readonly<Record<string, string>>,
		options: {
			readonly signal: AbortSignal;
			readonly onHead: (status: number, headers: Answer['headers']) => void;
			readonly onData: (piece: Buffer) => void | Promise<void>;
		},
	): Promise<void> {
		this.#needNetwork(url);
		return this.#dispatch('GET', url, headers, options);
	}

	async close(): Promise<void> {
		await this.#dispatcher.destroy();
	}

	/** For requests that go to the endpoint itself. */
	headersFor(url: URL): Record<string, string> {
		const {token} = this.#settings;
		return {
			'user-agent': `mofa/${version}; node/${process.versions.node}`,
			...(token !== null && url.origin === this.#origin ? {authorization: `Bearer ${token}`} : {}),
		};
	}

	async #once(url: URL, {method, headers, signal, limit}: Ask): Promise<Answer> {
		const pieces: Buffer[] = [];
		let bytes = 0;
		let status = 0;
		let head: Answer['headers'] = {};
		await this.#dispatch(method, url, headers ?? {}, {
			signal,
			onHead(code, received) {
				status = code;
				head = received;
			},
			onData: piece => {
				bytes += piece.length;
				if (bytes > limit)
					throw new MofaError('network', {address: url.host, problem: `its answer is longer than ${limit} bytes`});
				pieces.push(Buffer.from(piece));
			},
		});
		return {status, headers: head, url, body: Buffer.concat(pieces)};
	}

	#dispatch(
		method: 'GET' | 'HEAD',
		url: URL,
		headers: Readonly<Record<string, string>>,
		options: Parameters<HubConnection['stream']>[2],
	): Promise<void> {
		const {signal, onHead, onData} = options;
		return new Promise((resolve, reject) => {
			if (signal.aborted) return reject(new MofaError('cancelled', {}));
			let control: Dispatcher.DispatchController | undefined;
			let waiting: Promise<void> | undefined;
			const stop = (error: unknown): void => {
				signal.removeEventListener('abort', abort);
				reject(connectionFailure(error, url.host));
				control?.abort(error instanceof Error ? error : new Error(String(error)));
			};
			const abort = (): void => stop(new MofaError('cancelled', {}));
			signal.addEventListener('abort', abort, {once: true});
			const options_ = {
				origin: url.origin,
				path: url.pathname + url.search,
				method,
				headers: {...this.headersFor(url), 'accept-encoding': 'identity', ...headers},
			};
			this.#dispatcher.dispatch(options_, {
				onRequestStart(controller) {
					control = controller;
				},
				onResponseStart(_controller, status, received) {
					// 1xx comes before the answer proper.
					if (status < 200) return;
					try {
						onHead(status, plain(received));
					} catch (error) {
						stop(error);
					}
				},
				onResponseData(controller, piece) {
					try {
						const promise = onData(piece);
						if (promise === undefined) return;
						controller.pause();
						waiting = promise.then(() => controller.resume(), stop);
					} catch (error) {
						stop(error);
					}
				},
				onResponseEnd() {
					signal.removeEventListener('abort', abort);
					void (waiting ?? Promise.resolve()).then(() => resolve());
				},
				onResponseError(_controller, error) {
					stop(error);
				},
			});
		});
	}

	#needNetwork(url: URL): void {
		const {offline} = this.#settings;
		if (offline !== null) throw new MofaError('offline', {wanted: url.pathname.slice(1), setting: offline});
	}

	#checked(answer: Answer, {about}: Ask): Answer {
		if (answer.status >= 200 && answer.status < 300) return answer;
		throw this.refused(answer, about);
	}

	/** What a status that is no success means. */
	refused(
		{status, headers, url, body}: Pick<Answer, 'status' | 'headers' | 'url'> & {readonly body?: Buffer},
		about: Ask['about'],
	): MofaError {
		const message = headers['x-error-message'] ?? messageIn(body, headers['content-type']);
		return refusalFailure(
			{
				status,
				code: headers['x-error-code'] ?? null,
				message: message === null ? null : message.slice(0, 300),
				retryAfter: headers['retry-after'] ?? rateLimitReset(headers['ratelimit']),
			},
			{...about, address: url.host, endpoint: this.#settings.endpoint, signedIn: this.signedIn},
		);
	}

	#misled(url: URL): MofaError {
		return new MofaError('network', {address: url.host, problem: 'it sends from one address to the next'});
	}
}

function dispatcherFor({certificates, proxy}: HubSettings, connections: number): Dispatcher {
	const ca = certificates === null ? {} : {ca: [...rootCertificates, certificates]};
	const options = {
		connections,
		pipelining: 1,
		headersTimeout: silence,
		bodyTimeout: silence,
		connect: {...ca, timeout: 10_000},
		requestTls: ca,
		proxyTls: ca,
	};
	if (proxy.http === undefined && proxy.https === undefined) return new Agent(options);
	return new EnvHttpProxyAgent({
		...options,
		...(proxy.http === undefined ? {} : {httpProxy: proxy.http}),
		...(proxy.https === undefined ? {} : {httpsProxy: proxy.https}),
		...(proxy.none === undefined ? {} : {noProxy: proxy.none}),
	});
}

function plain(headers: Readonly<Record<string, string | string[] | undefined>>): Answer['headers'] {
	return Object.fromEntries(
		Object.entries(headers).map(([name, value]) => [
			name.toLowerCase(),
			Array.isArray(value) ? value.join(', ') : value,
		]),
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
function rateLimitReset(header: string | undefined): string | null {
	return /(?:^|;)\s*t=(\d+)/.exec(header ?? '')?.[1] ?? null;
}
