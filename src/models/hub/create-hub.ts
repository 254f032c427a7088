import {MofaError} from '../../contract/error.ts';
import {HubConnection, type About, type Answer} from './connection.ts';
import {fileLocation} from './file-location.ts';
import type {FileLocation, Hub, HubSearch, HubSearchHit, RepositoryRevision} from './hub.ts';
import type {HubSettings} from './hub-settings.ts';
import {listTree} from './list-tree.ts';
import {parseHit, parseJson, parseRevision, unexpectedAnswer} from './parse-answers.ts';
import {Ranges} from './ranges.ts';
import {checkFileName, checkRepository, checkRevision} from './safe-name.ts';

export interface HubOptions {
	readonly settings: HubSettings;
	/** Connections to one host at the same time. */
	readonly connections?: number;
}

/** An answer about a repository names all its files: some megabytes where they are many. */
const largestAnswer = 16 * 2 ** 20;
const largestRead = 64 * 2 ** 20;

/** The Hub's protocol, as `huggingface_hub` speaks it. Nothing is opened before the first request. */
export function createHub({settings, connections = 16}: HubOptions): Hub {
	const {endpoint} = settings;
	const connection = new HubConnection(settings, connections);
	const ranges = new Ranges(connection, ({repository, commit, file}, signal) =>
		locate(repository, commit, file, signal),
	);
	return {
		endpoint,
		revision,
		locate,
		read,
		search,
		tree: async (repository, commit, signal) =>
			listTree(checkRepository(repository), checkRevision(commit), endpoint, url =>
				json(url, signal, {repository, revision: commit, file: null}),
			),
		stream: (location, from, to, options) => ranges.stream(location, from, to, options),
		close: () => connection.close(),
	};

	async function revision(repository: string, wanted: string | null, signal: AbortSignal): Promise<RepositoryRevision> {
		const revision = checkRevision(wanted ?? 'main');
		const url = new URL(
			`${endpoint}/api/models/${checkRepository(repository)}/revision/${encodeURIComponent(revision)}`,
		);
		const {value} = await json(url, signal, {repository, revision, file: null});
		return parseRevision(value, repository, url.host);
	}

	async function locate(repository: string, commit: string, file: string, signal: AbortSignal): Promise<FileLocation> {
		const path = checkFileName(file, repository).split('/').map(encodeURIComponent).join('/');
		const revision = encodeURIComponent(checkRevision(commit));
		const url = new URL(`${endpoint}/${checkRepository(repository)}/resolve/${revision}/${path}`);
		const about = {repository, revision: commit, file};
		const answer = await connection.ask({method: 'HEAD', url, signal, limit: 65_536, about});
		return fileLocation(answer, {repository, commit, file});
	}

	async function read(location: FileLocation, from: number, to: number, signal: AbortSignal): Promise<Buffer> {
		const bytes = Math.max(0, Math.min(to, location.bytes) - from);
		if (bytes > largestRead) throw new RangeError(`${bytes} bytes are more than a header has`);
		const content = Buffer.allocUnsafe(bytes);
		let at = 0;
		const onData = (piece: Buffer): void => {
			at += piece.copy(content, at);
		};
		await ranges.stream(location, from, to, {signal, onData});
		return content;
	}

	async function search({query, filters, limit}: HubSearch, signal: AbortSignal): Promise<readonly HubSearchHit[]> {
		const url = new URL(`${endpoint}/api/models`);
		url.searchParams.set('search', query);
		for (const filter of filters) url.searchParams.append('filter', filter);
		url.searchParams.set('limit', String(limit));
		url.searchParams.set('sort', 'downloads');
		// What is asked for by name comes; a plain listing leaves out who asks for a yes, and when it changed.
		for (const field of searchFields) url.searchParams.append('expand', field);
		const {value} = await json(url, signal, {repository: null, revision: null, file: null});
		if (!Array.isArray(value)) throw unexpectedAnswer(url.host);
		return value.slice(0, limit).flatMap(parseHit);
	}

	async function json(
		url: URL,
		signal: AbortSignal,
		about: About,
	): Promise<{readonly value: unknown; readonly headers: Answer['headers']; readonly url: URL}> {
		const headers = {accept: 'application/json'};
		const answer = await connection.ask({method: 'GET', url, headers, signal, limit: largestAnswer, about});
		if (answer.elsewhere)
			throw new MofaError('network', {
				address: url.host,
				problem: `it sends to ${answer.url.host}: perhaps this network asks you to sign in first`,
			});
		return {
			value: parseJson(answer.body, answer.headers['content-type'], url.host),
			headers: answer.headers,
			url: answer.url,
		};
	}
}

const searchFields = ['downloads', 'gated', 'lastModified', 'library_name', 'likes', 'pipeline_tag', 'tags'];
