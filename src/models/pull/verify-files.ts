import {realpath} from 'node:fs/promises';
import {MofaError} from '../../contract/error.ts';
import type {VerifyEvent} from '../../contract/store.ts';
import {Channel} from '../../lib/channel.ts';
import {isEtag} from '../cache/layout.ts';
import type {Hub} from '../hub/hub.ts';
import type {LibraryFile} from '../library-model.ts';
import type {VerifiableFile, VerifiableModel} from '../verifiable.ts';
import {checkFile, type CheckedFile} from './check-file.ts';
import {readChecksums} from './checksums.ts';
import type {JournalContent} from './journal.ts';
import {repairBlob} from './repair-blob.ts';

export interface VerifyOptions {
	/** Where to fetch from what is damaged or missing; null: it is only told. */
	readonly hub: Hub | null;
	/** The Hugging Face cache. */
	readonly cache: string;
	/** Mofa's own folder for what may be lost. */
	readonly state: string;
	readonly models: readonly VerifiableModel[];
	readonly signal: AbortSignal;
}

type FileEvent = Extract<VerifyEvent, {type: 'verify-file'}>;
type Finding = Pick<FileEvent, 'bytes' | 'state' | 'ranges' | 'failure'>;
type Tell = (event: VerifyEvent) => void;

/** Milliseconds between two events about progress. */
const everyMs = 200;
/** One file after the other would fail in the same way, each of them after its tries. */
const hopeless = new Set(['network', 'offline', 'rate-limited', 'disk-full']);

/**
 * Reads every file of these models and says whether it is what it should be; with a Hub, fetches again what is not, and
 * no more of it than is known to be damaged. A file that several models share is read once. What cannot be repaired is
 * told with the reason, and the others are seen to all the same. Throws `cancelled`.
 */
export async function* verifyFiles(options: VerifyOptions): AsyncGenerator<VerifyEvent, void, undefined> {
	const stop = new AbortController();
	const abort = (): void => stop.abort();
	options.signal.addEventListener('abort', abort, {once: true});
	if (options.signal.aborted) abort();
	const events = new Channel<VerifyEvent>(abort);
	const verified = new Verification({...options, signal: stop.signal}, event => events.push(event)).run();
	verified.then(
		() => events.end(),
		(error: unknown) => events.fail(error),
	);
	try {
		yield* events;
	} finally {
		options.signal.removeEventListener('abort', abort);
		abort();
		await verified.catch(() => undefined);
	}
}

class Verification {
	readonly #options: VerifyOptions;
	readonly #tell: Tell;
	/** By what they are stored as. */
	readonly #findings = new Map<string, Finding>();
	/** Why no further repair is tried. */
	#hopeless: MofaError | undefined;
	#toldAt = -Infinity;

	constructor(options: VerifyOptions, tell: Tell) {
		this.#options = options;
		this.#tell = tell;
	}

	async run(): Promise<void> {
		const counts = {files: 0, damaged: 0, repaired: 0, unknown: 0};
		for (const model of this.#options.models)
			for (const file of model.files) {
				const key = await storedAs(model, file);
				const finding = this.#findings.get(key) ?? (await this.#examine(model, file));
				this.#findings.set(key, finding);
				this.#tell({type: 'verify-file', model: model.name, file: file.file, ...finding});
				counts.files += 1;
				if (finding.state === 'unknown') counts.unknown += 1;
				else if (finding.state !== 'good') counts.damaged += 1;
				if (finding.state === 'repaired') counts.repaired += 1;
			}
		this.#tell({type: 'verify-end', ...counts});
	}

	/** 1. Look, 2. say what is wrong or 3. mend it. */
	async #examine(model: VerifiableModel, file: VerifiableFile): Promise<Finding> {
		// 1.
		const {hub, state, signal} = this.#options;
		const checksums = await checksumsOf(state, model, file);
		const progress = (bytes: number, totalBytes: number): void => this.#progress(file.file, bytes, totalBytes);
		const checked = await checkFile({path: file.path, hash: file.hash, checksums, signal, progress});
		// 2.
		if (hub === null || checked.state === 'good' || checked.state === 'unknown') return findingOf(checked);
		// 3.
		try {
			return {...findingOf(checked), bytes: await this.#repair(model, file, checked, checksums), state: 'repaired'};
		} catch (error) {
			const failure = MofaError.from(error);
			if (signal.aborted || failure.code === 'cancelled') throw new MofaError('cancelled', {});
			if (hopeless.has(failure.code)) this.#hopeless = failure;
			return findingOf({...checked, failure});
		}
	}

	async #repair(
		{repository, commit}: VerifiableModel,
		{file, path, hash, source}: VerifiableFile,
		checked: CheckedFile,
		checksums: JournalContent | null,
	): Promise<number> {
		const {hub, cache, state, signal} = this.#options;
		if (hub === null || repository === null || commit === null || hash === null)
			throw new MofaError('file-error', {
				path,
				problem: 'it did not come from the Hub: get it from where it came from',
			});
		if (this.#hopeless !== undefined) throw this.#hopeless;
		const listener = {
			progress: (bytes: number): void => this.#progress(file, bytes, Math.max(bytes, checked.bytes)),
			retry: (): void => undefined,
		};
		const from = source === undefined ? {} : {source};
		const about = {hub, cache, state, repository, commit, ...from, file, etag: hash};
		return repairBlob({...about, checked, checksums, signal, listener});
	}

	#progress(file: string, bytes: number, totalBytes: number): void {
		const now = performance.now();
		if (now - this.#toldAt < everyMs) return;
		this.#toldAt = now;
		this.#tell({type: 'verify-progress', file, bytes, totalBytes});
	}
}

/** The same for files that are one: a blob of the cache, or what several links lead to. */
async function storedAs({repository}: VerifiableModel, {hash, path}: LibraryFile): Promise<string> {
	if (repository !== null && hash !== null) return `${repository} ${hash}`;
	return `${hash} ${await realpath(path).catch(() => path)}`;
}

/** Only what the Hub sent has them. */
async function checksumsOf(
	state: string,
	{repository}: VerifiableModel,
	{hash}: LibraryFile,
): Promise<JournalContent | null> {
	if (repository === null || hash === null || !isEtag(hash)) return null;
	// Other tools keep repositories of names that the Hub has no more.
	return readChecksums(state, repository, {etag: hash, bytes: null}).catch(() => null);
}

function findingOf({bytes, state, ranges, failure}: CheckedFile): Finding {
	return {bytes, state, ranges, ...(failure === null ? {} : {failure: failure.toWire()})};
}
