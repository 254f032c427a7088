import {MofaError} from '../../contract/error.ts';
import {HubConnection, type Answer} from './connection.ts';
import type {FileLocation, Hub, HubSearch, HubSearchHit, RepositoryFile, RepositoryRevision} from './hub.ts';
import type {HubSettings} from './hub-settings.ts';
import {parseHit, parseRevision, parseTreePage} from './parse-answers.ts';
import {checkFileName, checkRepository, checkRevision} from './safe-name.ts';

export interface HubOptions {
	readonly settings: HubSettings;
	/** Connections to one host at the same time. */
	readonly connections?: number;
}

/** A page of a tree is some 300 kB; an answer about a repository with thousands of files some megabytes. */
const largestPage = 32 * 2 ** 20;
/** Files of one repository; beyond them it is no model. */
const mostFiles = 200_000;
const largestRead = 64 * 2 ** 20;

/** The Hub's protocol, as `huggingface_hub` speaks it. */
export function createHub({settings, connections = 16}: HubOptions): Hub {
	const connection = new HubConnection(settings, connections);
	const address = (path: string): URL => new URL(settings.endpoint + path);
	const json = async (url: URL, signal: AbortSignal, about: Partial<About> = {}): Promise<JsonAnswer> => {
		const answer = await connection.ask({
			method: 'GET',
			url,
			headers: {accept: 'application/json'},
			signal,
			limit: largestPage,
			follow: 'same-host',
			about: {repository: null, revision: null, file: null, ...about},
		});
		return {value: parseJson(answer), headers: answer.headers, url: answer.url};
	};
	return {
		endpoint: settings.endpoint,
		close: () => connection.close(),

		async revision(repository, revision, signal): Promise<RepositoryRevision> {
			checkRepository(repository);
			const wanted = checkRevision(revision ?? 'main');
			const url = address(`/api/models/${repository}/revision/${encodeURIComponent(wanted)}`);
			const {value} = await json(url, signal, {repository, revision: wanted});
			return parseRevision(value, repository, url.host);
		},

		async tree(repository, commit, signal): Promise<readonly RepositoryFile[]> {
			checkRepository(repository);
			const files: RepositoryFile[] = [];
			let url: URL | null = address(
				`/api/models/${repository}/tree/${encodeURIComponent(checkRevision(commit))}?recursive=true&expand=false`,
			);
			while (url !== null) {
				const {value, headers, url: from}: JsonAnswer = await json(url, signal, {repository, revision: commit});
				for (const entry of parseTreePage(value, repository, from.host)) files.push(entry);
				if (files.length > mostFiles)
					throw new MofaError('model-invalid', {model: repository, problem: `it has more than ${mostFiles} files`});
				url = nextPage(headers['link'], from);
			}
			return files;
		},

		async locate(repository, commit, file, signal): Promise<FileLocation> {
			checkRepository(repository);
			checkFileName(file, repository);
			const path = file.split('/').map(encodeURIComponent).join('/');
			const url = address(`/${repository}/resolve/${encodeURIComponent(checkRevision(commit))}/${path}`);
			const about = {repository, revision: commit, file};
			const answer = await connection.ask({method: 'HEAD', url, signal, limit: 65_536, follow: 'same-host', about});
			return locationOf(answer, about);
		},

		async read(location, from, to, signal): Promise<Buffer> {
			if (to - from > largestRead) throw new RangeError(`${to - from} bytes are more than a header has`);
			const pieces: Buffer[] = [];
			await streamRange(connection, location, from, to, {
				signal,
				onData: piece => void pieces.push(Buffer.from(piece)),
			});
			return Buffer.concat(pieces);
		},

		stream: (location, from, to, options) => streamRange(connection, location, from, to, options),

		async search({query, filters, limit}: HubSearch, signal): Promise<readonly HubSearchHit[]> {
			const url = address('/api/models');
			url.searchParams.set('search', query);
			for (const filter of filters) url.searchParams.append('filter', filter);
			url.searchParams.set('limit', String(limit));
			url.searchParams.set('sort', 'downloads');
			url.searchParams.set('direction', '-1');
			const {value} = await json(url, signal);
			if (!Array.isArray(value)) throw unexpected(url.host);
			return value.slice(0, limit).flatMap(parseHit);
		},
	};
}

interface About {
	readonly repository: string | null;
	readonly revision: string | null;
	readonly file: string | null;
}

interface JsonAnswer {
	readonly value: unknown;
	readonly headers: Answer['headers'];
	readonly url: URL;
}

function parseJson({body, headers, url}: Answer): unknown {
	try {
		return JSON.parse(body.toString('utf8'));
	} catch {
		const page = /html/i.test(headers['content-type'] ?? '') || /^\s*</.test(body.toString('latin1', 0, 64));
		throw new MofaError('network', {
			address: url.host,
			problem: page ? 'a web page came back: perhaps this network asks you to sign in first' : 'its answer is no JSON',
		});
	}
}

function unexpected(address: string): MofaError {
	return new MofaError('network', {address, problem: 'its answer is not what the Hub sends'});
}

/** The next page must be on the same host: a list is no reason to talk to another one. */
function nextPage(link: string | undefined, from: URL): URL | null {
	const target = /<([^>]+)>\s*;\s*rel="?next"?/.exec(link ?? '')?.[1];
	if (target === undefined) return null;
	const next = new URL(target, from);
	if (next.host !== from.host) throw unexpected(from.host);
	return next;
}

/** Sizes and hashes stand in headers of the redirect; the ones of the CDN's answer are of the transport. */
function locationOf(
	{headers, url}: Answer,
	{repository, revision, file}: {repository: string; revision: string; file: string},
): FileLocation {
	const bytes = Number(headers['x-linked-size'] ?? headers['content-length']);
	const etag = (headers['x-linked-etag'] ?? headers['etag'] ?? '')
		.replace(/^W\//, '')
		.replaceAll('"', '')
		.toLowerCase();
	const commit = headers['x-repo-commit'] ?? revision;
	if (
		!Number.isSafeInteger(bytes) ||
		bytes < 0 ||
		!/^[\da-f]{40}([\da-f]{24})?$/.test(etag) ||
		!/^[\da-f]{40}$/.test(commit)
	)
		throw unexpected(url.host);
	return {repository, commit, file, bytes, etag, sha256: etag.length === 64 ? etag : null, url: url.href};
}

/** Answers other than the range that was asked for are refused before a byte of them is used. */
async function streamRange(
	connection: HubConnection,
	location: FileLocation,
	from: number,
	to: number,
	{signal, onData}: Parameters<Hub['stream']>[3],
): Promise<void> {
	const end = Math.min(to, location.bytes);
	if (end <= from) return;
	const url = new URL(location.url);
	let left = end - from;
	await connection.stream(
		url,
		{range: `bytes=${from}-${end - 1}`},
		{
			signal,
			onHead(status, headers) {
				if (
					status === 200 &&
					from === 0 &&
					Number(headers['content-length']) === location.bytes &&
					end === location.bytes
				)
					return;
				const {repository, commit: revision, file} = location;
				if (status === 200) throw mismatch(location, `bytes ${from} to ${end}`, 'the whole file');
				if (status !== 206) throw connection.refused({status, headers, url}, {repository, revision, file});
				const range = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(headers['content-range'] ?? '');
				if (range === null || Number(range[1]) !== from || Number(range[2]) !== end - 1)
					throw mismatch(location, `bytes ${from} to ${end}`, headers['content-range'] ?? 'no range');
				if (range[3] !== '*' && Number(range[3]) !== location.bytes)
					throw mismatch(location, `${location.bytes} bytes`, `${range[3]} bytes`);
				const sent = plainEtag(headers['etag']);
				// A CDN's etag may be its own; one that looks like the Hub's must be the file's.
				if (sent !== null && sent.length === location.etag.length && sent !== location.etag)
					throw mismatch(location, location.etag, sent);
			},
			onData(piece) {
				left -= piece.length;
				if (left < 0) throw mismatch(location, `${end - from} bytes`, 'more');
				return onData(piece);
			},
		},
	);
	if (left > 0) throw new MofaError('network', {address: url.host, problem: 'the connection was cut'});
}

function plainEtag(header: string | undefined): string | null {
	const etag = (header ?? '').replace(/^W\//, '').replaceAll('"', '').toLowerCase();
	return /^[\da-f]+$/.test(etag) ? etag : null;
}

function mismatch({file}: FileLocation, expected: string, found: string): MofaError {
	return new MofaError('content-mismatch', {file, expected, found});
}
