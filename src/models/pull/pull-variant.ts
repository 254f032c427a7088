import path from 'node:path';
import type {FitVariant, PullEvent} from '../../contract/store.ts';
import {Channel} from '../../lib/channel.ts';
import {repositoryFolders} from '../cache/layout.ts';
import {publishFile, publishRevision, type Publishing} from '../cache/publish.ts';
import type {Hub} from '../hub/hub.ts';
import type {RemoteModel, RemoteVariant} from '../remote-model.ts';
import {tidyBlob} from './bring-blob.ts';
import {FileProgress} from './file-progress.ts';
import {requireSpace} from './free-space.ts';
import {presenceOf, type Presence} from './presence.ts';
import {shareBlob} from './share-blob.ts';

export interface PullOptions {
	readonly hub: Hub;
	/** The Hugging Face cache. */
	readonly cache: string;
	/** Mofa's own folder for what may be lost. */
	readonly state: string;
	readonly model: Pick<RemoteModel, 'name' | 'repository' | 'revision'>;
	readonly variant: RemoteVariant;
	/** Told in `pull-start`, where it was asked before. */
	readonly fit: FitVariant | null;
	readonly signal: AbortSignal;
	/** Milliseconds without a byte after which a connection is begun anew. */
	readonly stallMs?: number;
}

/** Everything but `pull-end`, which tells of the installed model and is the caller's to send. */
export type FetchEvent = Exclude<PullEvent, {type: 'pull-end'}>;

export interface PulledFile {
	readonly role: string;
	readonly file: string;
	readonly path: string;
	readonly bytes: number;
}

/** Files from this size on come one after the other, each over as many connections as help; smaller ones beside them. */
const large = 8 * 2 ** 20;
const smallAtOnce = 3;

/**
 * Brings the files of a variant into the cache, and nothing else: what is there is not fetched again, and what arrived is
 * never lost. Returns where they are. Throws `disk-full` before the first byte when there is no room; `cancelled`,
 * `network`, `rate-limited`, `gated`, `unauthorized`, `offline`, `content-mismatch`, `file-error`, `model-invalid`.
 */
export async function* pullVariant(options: PullOptions): AsyncGenerator<FetchEvent, readonly PulledFile[], undefined> {
	const {cache, model, variant, fit, signal} = options;
	const {repository, commit} = variant;
	const presences = await presenceOf(cache, variant);
	const totalBytes = sum(presences.map(({file}) => file.bytes));
	const presentBytes = sum(presences.map(presence => presence.presentBytes));
	await requireSpace(cache, missingBytes(presences));
	yield {
		type: 'pull-start',
		model: model.name,
		repository,
		commit,
		variant: variant.variant.tag,
		files: presences.map(({file, presentBytes}) => ({file: file.file, bytes: file.bytes, presentBytes})),
		totalBytes,
		presentBytes,
		fit,
	};
	const stop = new AbortController();
	const abort = (): void => stop.abort();
	signal.addEventListener('abort', abort, {once: true});
	if (signal.aborted) abort();
	const events = new Channel<FetchEvent>(abort);
	const pulled = pullAll(presences, options, stop, events);
	pulled.then(
		() => events.end(),
		(error: unknown) => events.fail(error),
	);
	try {
		yield* events;
		return await pulled;
	} finally {
		signal.removeEventListener('abort', abort);
		abort();
		await pulled.catch(() => undefined);
	}
}

async function pullAll(
	presences: readonly Presence[],
	options: PullOptions,
	stop: AbortController,
	events: Channel<FetchEvent>,
): Promise<readonly PulledFile[]> {
	const {cache, model, variant} = options;
	const where: Publishing = {cache, repository: variant.repository, commit: variant.commit};
	const pull = (presence: Presence): Promise<void> => pullFile(presence, options, where, stop.signal, events);
	const isLarge = ({file}: Presence): boolean => file.bytes >= large;
	const small = presences.filter(presence => !isLarge(presence));
	const lanes = [inTurn(presences.filter(isLarge), 1, pull), inTurn(small, smallAtOnce, pull)];
	try {
		await Promise.all(lanes);
	} catch (error) {
		stop.abort();
		await Promise.allSettled(lanes);
		throw error;
	}
	await publishRevision(where, variant.repository === model.repository ? model.revision : 'main');
	const snapshot = path.join(repositoryFolders(cache, where.repository).snapshots, where.commit);
	return presences.map(({file}) => ({
		role: file.role,
		file: file.file,
		path: path.join(snapshot, ...file.file.split('/')),
		bytes: file.bytes,
	}));
}

async function pullFile(
	{file, etag, state}: Presence,
	options: PullOptions,
	where: Publishing,
	signal: AbortSignal,
	events: Channel<FetchEvent>,
): Promise<void> {
	const {hub, cache, state: stateFolder, stallMs} = options;
	const {repository, commit} = where;
	const progress = new FileProgress(file, event => events.push(event));
	const stall = stallMs === undefined ? {} : {stallMs};
	const wanted = {
		hub,
		cache,
		state: stateFolder,
		repository,
		commit,
		file: file.file,
		etag,
		bytes: file.bytes,
		...(file.source === undefined ? {} : {source: file.source}),
		...stall,
	};
	if (state !== 'absent') await tidyBlob(cache, repository, etag).catch(() => undefined);
	const source = state === 'absent' ? await shareBlob(wanted, progress, signal) : 'present';
	if (state !== 'here') await publishFile(where, file.file, etag);
	progress.end(source);
}

/** So many at a time, in their order; the first failure ends it when those under way have settled. */
async function inTurn<T>(items: readonly T[], atOnce: number, act: (item: T) => Promise<void>): Promise<void> {
	const waiting = [...items];
	const work = async (): Promise<void> => {
		for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await act(item);
	};
	await Promise.all(Array.from({length: atOnce}, work));
}

/** A blob that several files show is fetched once. */
function missingBytes(presences: readonly Presence[]): number {
	const missing = presences.map(({etag, file, presentBytes}) => [etag, file.bytes - presentBytes] as const);
	return sum([...new Map(missing).values()]);
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
