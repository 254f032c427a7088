import {MofaError} from '../../contract/error.ts';
import type {HubConnection} from './connection.ts';
import type {ReplyHeaders} from './exchange.ts';
import {plainEtag} from './file-location.ts';
import type {FileLocation, StreamOptions} from './hub.ts';

/** Asks the Hub anew where a file is. */
type Locate = (location: FileLocation, signal: AbortSignal) => Promise<FileLocation>;

interface Renewal {
	/** The address that had expired. */
	readonly expired: string;
	readonly location: Promise<FileLocation>;
}

/**
 * Ranges of files. Answers other than the range that was asked for are refused before a byte of them is used, and an
 * address of the CDN that has expired is asked for anew, once for all ranges of the file.
 */
export class Ranges {
	readonly #connection: HubConnection;
	readonly #locate: Locate;
	readonly #renewals = new WeakMap<FileLocation, Renewal>();
	/** ETag of the CDN for each address: which one it is says nothing, that it changes says that the file did. */
	readonly #etags = new WeakMap<FileLocation, string>();
	/** Failures that a fresh address may mend. */
	readonly #expiries = new WeakSet<object>();

	constructor(connection: HubConnection, locate: Locate) {
		this.#connection = connection;
		this.#locate = locate;
	}

	async stream(location: FileLocation, from: number, to: number, options: StreamOptions): Promise<void> {
		const end = Math.min(to, location.bytes);
		if (end <= from) return;
		const now = await this.#current(location, options.signal);
		try {
			await this.#once(now, from, end, options);
		} catch (error) {
			if (!(error instanceof Error) || !this.#expiries.has(error)) throw error;
			await this.#once(await this.#renewed(location, now, options.signal), from, end, options);
		}
	}

	async #once(location: FileLocation, from: number, end: number, {signal, onData}: StreamOptions): Promise<void> {
		let left = end - from;
		const url = new URL(location.url);
		await this.#connection.stream({
			url,
			headers: {range: `bytes=${from}-${end - 1}`},
			signal,
			onHead: (status, headers, at) => this.#check(location, from, end, status, headers, at),
			onData(piece) {
				left -= piece.length;
				if (left < 0) throw mismatch(location, `${end - from} bytes`, 'more');
				return onData(piece);
			},
		});
		if (left > 0) throw new MofaError('network', {address: url.host, problem: 'the connection was cut'});
	}

	#check(location: FileLocation, from: number, end: number, status: number, headers: ReplyHeaders, at: URL): void {
		if (status !== 200 && status !== 206) this.#refuse(location, status, headers, at);
		const encoding = headers['content-encoding'] ?? 'identity';
		if (encoding !== 'identity') throw mismatch(location, 'the bytes as they are', `an answer in ${encoding}`);
		const length = headers['content-length'];
		if (status === 200) checkWhole(location, from, end, headers['content-type']);
		else checkRange(location, from, end, headers['content-range']);
		if (length !== undefined && Number(length) !== end - from)
			throw mismatch(location, `${end - from} bytes`, `${length} bytes`);
		this.#checkEtag(location, plainEtag(headers['etag']), this.#connection.isHub(at));
	}

	#refuse(location: FileLocation, status: number, headers: ReplyHeaders, url: URL): never {
		const {repository, commit: revision, file} = location;
		const failure = this.#connection.refused({status, headers, url}, {repository, revision, file});
		if (this.#connection.isHub(url) || !expiredStatus.has(status)) throw failure;
		const problem = `it refuses the address that the Hub has just given (status ${status})`;
		const expiry = new MofaError('network', {address: url.host, problem});
		this.#expiries.add(expiry);
		throw expiry;
	}

	#checkEtag(location: FileLocation, etag: string | null, fromHub: boolean): void {
		if (etag === null) return;
		const expected = fromHub ? location.etag : (this.#etags.get(location) ?? etag);
		if (etag !== expected) throw mismatch(location, `ETag ${expected}`, `ETag ${etag}`);
		if (!fromHub) this.#etags.set(location, etag);
	}

	/** The address given last; one that is being asked for is waited for. */
	async #current(location: FileLocation, signal: AbortSignal): Promise<FileLocation> {
		const renewal = this.#renewals.get(location);
		return renewal === undefined
			? location
			: unlessAborted(
					renewal.location.catch(() => location),
					signal,
				);
	}

	/** Where the file is now; ranges whose addresses expired together ask once. */
	async #renewed(location: FileLocation, expired: FileLocation, signal: AbortSignal): Promise<FileLocation> {
		let renewal = this.#renewals.get(location);
		if (renewal?.expired !== expired.url) {
			// For whoever waits: the one who asks first may leave first.
			renewal = {expired: expired.url, location: this.#locate(location, new AbortController().signal)};
			this.#renewals.set(location, renewal);
			// What failed now may work later.
			renewal.location.catch(() => this.#renewals.delete(location));
		}
		const renewed = await unlessAborted(renewal.location, signal);
		if (renewed.etag !== location.etag || renewed.bytes !== location.bytes)
			throw mismatch(location, `ETag ${location.etag}`, `ETag ${renewed.etag}`);
		return renewed;
	}
}

/** What clouds answer when a signature has run out. */
const expiredStatus: ReadonlySet<number> = new Set([400, 401, 403, 404, 410]);

/** A server without ranges sends the whole file, which is right when that was asked for. */
function checkWhole(location: FileLocation, from: number, end: number, type: string | undefined): void {
	if (/html/i.test(type ?? '') && !/\.html?$/i.test(location.file)) throw mismatch(location, 'the file', 'a web page');
	if (from !== 0 || end !== location.bytes) throw mismatch(location, `bytes ${from} to ${end}`, 'the whole file');
}

function checkRange(location: FileLocation, from: number, end: number, header: string | undefined): void {
	const range = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(header ?? '');
	if (range === null || Number(range[1]) !== from || Number(range[2]) !== end - 1)
		throw mismatch(location, `bytes ${from} to ${end}`, header ?? 'no range');
	if (range[3] !== '*' && Number(range[3]) !== location.bytes)
		throw mismatch(location, `${location.bytes} bytes`, `${range[3]} bytes`);
}

function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
	return new Promise((resolve, reject) => {
		const abort = (): void => reject(new MofaError('cancelled', {}));
		if (signal.aborted) abort();
		signal.addEventListener('abort', abort, {once: true});
		void promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
	});
}

function mismatch({file}: FileLocation, expected: string, found: string): MofaError {
	return new MofaError('content-mismatch', {file, expected, found});
}
