import {MofaError} from '../../contract/error.ts';
import {fileError} from '../cache/layout.ts';
import type {FileLocation} from '../hub/hub.ts';
import {Attempts, lagging, type Attempt} from './attempts.ts';
import {BusyRate} from './busy-rate.ts';
import {ConnectionCount} from './connection-count.ts';
import type {FetchOptions} from './fetch-blob.ts';
import {createHasher, type Hasher} from './hasher.ts';
import {MemoryPool} from './memory-pool.ts';
import {PartMemory} from './part-memory.ts';
import {nextPart, type Part} from './parts.ts';
import {pause, Tries} from './retry.ts';
import {streamWhole} from './stream-whole.ts';

/** Milliseconds: what arrived is on the disk this much later at most. */
const strokeMs = 10;
/** So many pieces are given away to be hashed at once: the next one does not wait until it is known that the last is done. */
const piecesAhead = 2;
/** Machines of one CDN may not be of one mind for a moment. */
const mostRelocations = 2;
/** Of a disk that is at fault itself. */
export const keepsNothing = 'the disk does not hold what was written to it';
/** After so many tries in a row that brought nothing the Hub is asked where the file is now. */
const triesBeforeLocating = 3;

/**
 * Fetches what is missing of a file, over as many connections as help, and hashes it in order on the way. Memory holds a
 * window of parts: those that arrive, and those that wait to be hashed. When the window is full because the first part
 * of it is late, or because parts of an earlier run are being hashed, a part that is whole leaves it and is read back
 * from the disk when its turn comes.
 */
export class BlobFetch {
	readonly #options: FetchOptions;
	readonly #connections = new ConnectionCount();
	readonly #tries = new Tries();
	readonly #pool: MemoryPool;
	readonly #memories = new Map<number, PartMemory>();
	readonly #attempts: Attempts;
	readonly #running = new Set<Promise<void>>();
	/** Parts of which all has arrived, while their ends are written: they need no connection any more. */
	readonly #ending = new Set<Part>();
	readonly #stop = new AbortController();
	readonly #ended: Promise<void>;
	#end: () => void = () => undefined;
	#failure: {readonly error: unknown} | undefined;
	#hasher: Hasher;
	/** `again`: from the disk, what has been in memory. */
	#hashing: 'memory' | 'again' | 'disk' | 'idle' = 'idle';
	#piecesHashing = 0;
	#hashed: Promise<void> = Promise.resolve();
	#location: FileLocation;
	/** Below it every part is done. */
	#firstOpen = 0;
	#resumeAt = 0;
	readonly #rate = new BusyRate(performance.now());
	#whole: 'no' | 'wanted' | 'running' = 'no';
	/** Times that the Hub was asked where the file is because of what came, since a part has come. */
	#relocations = 0;
	#relocating: Promise<void> | undefined;
	/** Parts that had to leave memory before they were hashed. */
	readonly #left = new Set<Part>();
	/** Parts that the disk did not hold as they were written. */
	readonly #lost = new Set<Part>();

	constructor(options: FetchOptions) {
		const {location, partial} = options;
		this.#options = options;
		this.#location = location;
		this.#attempts = new Attempts(options.stallMs);
		this.#pool = new MemoryPool(partial.facts.partBytes, partial.facts.totalBytes);
		this.#hasher = createHasher(location.etag, location.bytes, partial.path);
		this.#ended = new Promise(resolve => {
			this.#end = resolve;
		});
	}

	/** The digest of the file. After a failure everything that arrived is on the disk. */
	async run(): Promise<string> {
		const {signal} = this.#options;
		const abort = (): void => this.#fail(new MofaError('cancelled', {}));
		signal.addEventListener('abort', abort, {once: true});
		const clock = setInterval(() => this.#stroke(), strokeMs);
		try {
			if (signal.aborted) abort();
			this.#advance();
			await this.#ended;
			if (this.#failure !== undefined) throw this.#failure.error;
			return await this.#hasher.digest();
		} finally {
			clearInterval(clock);
			signal.removeEventListener('abort', abort);
			await this.#leave();
		}
	}

	#advance(): void {
		if (this.#failure !== undefined) return;
		// First, so that nobody takes the memory of what is hashed next.
		this.#beginHashing();
		const isIdle = this.#running.size === 0;
		if (this.#whole === 'no') this.#beginParts();
		else if (this.#whole === 'wanted' && isIdle && performance.now() >= this.#resumeAt) this.#run(this.#runWhole());
		if (isIdle && this.#hasher.position === this.#options.partial.facts.totalBytes) this.#end();
	}

	#run(work: Promise<void>): void {
		const ended = work
			.catch((error: unknown) => this.#fail(error))
			.then(() => {
				this.#running.delete(ended);
				this.#advance();
			});
		this.#running.add(ended);
	}

	#beginParts(): void {
		const now = performance.now();
		const {parts} = this.#options.partial;
		while (parts[this.#firstOpen]?.state === 'done') this.#firstOpen += 1;
		while (now >= this.#resumeAt && this.#running.size - this.#ending.size < this.#connections.count) {
			const part = nextPart(parts, this.#firstOpen, now);
			if (part === undefined) return;
			const memory = this.#memories.get(part.index)?.memory ?? this.#pool.take() ?? this.#takeFromWindow();
			if (memory === undefined) return;
			part.state = 'running';
			this.#run(this.#runPart(part, memory));
		}
	}

	/**
	 * The memory of a whole part that has to wait for others anyhow; undefined when hashing is what all wait for, which
	 * reading parts back would only make slower.
	 */
	#takeFromWindow(): Buffer | undefined {
		if (this.#hashing === 'memory' || this.#hashing === 'again') return undefined;
		const whole = [...this.#memories.values()].filter(({part}) => part.state === 'done' && !this.#isNext(part));
		const last = whole.toSorted((a, b) => b.part.index - a.part.index)[0];
		if (last === undefined) return undefined;
		this.#memories.delete(last.part.index);
		this.#left.add(last.part);
		return last.memory;
	}

	#isNext(part: Part): boolean {
		return this.#hasher.position >= part.from;
	}

	async #runPart(part: Part, memory: Buffer): Promise<void> {
		const filling = await this.#fetchPart(part, memory);
		if (filling.isFull) {
			this.#ending.add(part);
			this.#advance();
		}
		await filling.settled();
		this.#ending.delete(part);
		part.state = part.written === part.bytes ? 'done' : 'waiting';
		this.#release(part);
	}

	async #fetchPart(part: Part, memory: Buffer): Promise<PartMemory> {
		const filling = await this.#open(part, memory);
		const location = this.#location;
		const attempt = this.#attempts.begin(performance.now());
		const round = this.#tries.begin();
		try {
			await this.#options.hub.stream(location, part.from + filling.filled, part.from + part.bytes, {
				signal: attempt.signal,
				onData: piece => this.#take(filling, attempt, piece),
			});
			this.#relocations = 0;
		} catch (error) {
			const reason: unknown = attempt.signal.aborted ? attempt.signal.reason : error;
			if (this.#stop.signal.aborted || reason === lagging) return filling;
			const failure = MofaError.from(reason);
			if (MofaError.is(failure, 'content-mismatch')) await this.#recoverMismatch(failure, location);
			else await this.#recover(part, failure, round);
		} finally {
			this.#attempts.end(attempt);
		}
		return filling;
	}

	/** What an earlier run has left of a part is read back, and counts only when it is what was written then. */
	async #open(part: Part, memory: Buffer): Promise<PartMemory> {
		const {partial} = this.#options;
		const known = this.#memories.get(part.index);
		if (known !== undefined) return known;
		if (part.written > 0 && !(await partial.holds(part, memory))) {
			await partial.forget(part);
			part.state = 'running';
		}
		const filling = new PartMemory(part, memory, partial, error => this.#fail(writeFailure(error, this.#options)));
		this.#memories.set(part.index, filling);
		return filling;
	}

	#take(filling: PartMemory, attempt: Attempt, piece: Buffer): void {
		filling.take(piece);
		attempt.took(piece.length, performance.now());
		this.#rate.took(piece.length);
		this.#tries.progressed();
		if (this.#hashing === 'idle' && this.#isNext(filling.part)) this.#beginHashing();
	}

	/** Decides what a failure means: another try of the part, or the end. */
	async #recover(part: Part, error: MofaError, round: number): Promise<void> {
		const step = this.#tries.next(error, round);
		if (step.do === 'give-up') return this.#fail(error);
		const now = performance.now();
		part.notBefore = now + step.waitMs;
		if (step.everyone) this.#resumeAt = Math.max(this.#resumeAt, part.notBefore);
		if (!step.isFirst) return;
		this.#connections.complained(now);
		this.#options.onRetry(step.problem, Math.round(step.waitMs));
		if (this.#tries.failed >= triesBeforeLocating) await this.#locateAgain().catch(() => undefined);
	}

	/**
	 * The file has changed, or the server sends something else than the range that was asked for. The Hub is asked where
	 * the file is now; where no range comes from there either, all of it is asked for.
	 */
	async #recoverMismatch(error: MofaError, location: FileLocation): Promise<void> {
		if (this.#relocating !== undefined) return this.#relocating;
		if (location !== this.#location || this.#whole === 'wanted') return;
		if (this.#relocations === mostRelocations) this.#whole = 'wanted';
		else this.#relocations += 1;
		this.#relocating = this.#relocate(error);
		await this.#relocating;
	}

	async #relocate(mismatch: MofaError): Promise<void> {
		try {
			await this.#locateAgain();
			this.#relocating = undefined;
		} catch (error) {
			this.#fail(MofaError.is(error, 'network') ? mismatch : error);
		}
	}

	async #locateAgain(): Promise<void> {
		const {repository, commit, file, etag, bytes} = this.#location;
		const found = await this.#options.hub.locate(repository, commit, file, this.#stop.signal);
		if (found.etag !== etag || found.bytes !== bytes)
			throw new MofaError('content-mismatch', {
				file,
				expected: `${bytes} bytes with the hash ${etag}`,
				found: `${found.bytes} bytes with the hash ${found.etag}`,
			});
		this.#location = found;
	}

	/** One connection for the whole file, for servers that send no ranges. */
	async #runWhole(): Promise<void> {
		this.#whole = 'running';
		const {hub, partial, onRetry} = this.#options;
		const round = this.#tries.begin();
		await this.#leaveWaitingParts();
		const attempt = this.#attempts.begin(performance.now());
		const {signal} = attempt;
		const passed = (): void => attempt.took(0, performance.now());
		const open = async (part: Part): Promise<PartMemory> => {
			for (;;) {
				const memory = this.#memories.get(part.index)?.memory ?? this.#pool.take() ?? this.#takeFromWindow();
				if (memory !== undefined) return this.#open(part, memory);
				await pause(strokeMs, signal);
				passed();
			}
		};
		const took = (filling: PartMemory, piece: Buffer): void => {
			// Nothing is told of the end of a part that brought nothing: that is no progress.
			if (piece.length > 0) this.#take(filling, attempt, piece);
			this.#release(filling.part);
		};
		try {
			await streamWhole({hub, location: this.#location, parts: partial.parts, signal, open, took, passed});
			this.#whole = 'no';
		} catch (error) {
			const failure = MofaError.from(signal.aborted ? signal.reason : error);
			const step = this.#tries.next(failure, round);
			if (step.do === 'give-up') throw failure;
			this.#resumeAt = performance.now() + step.waitMs;
			onRetry(step.problem, Math.round(step.waitMs));
			this.#whole = 'wanted';
		} finally {
			this.#attempts.end(attempt);
		}
	}

	/** Parts come in order now: memory that later ones hold would be missing for the first. What they have is on the disk. */
	async #leaveWaitingParts(): Promise<void> {
		while (this.#hashing === 'memory') await this.#hashed;
		for (const [index, filling] of this.#memories) {
			if (filling.part.state === 'done') continue;
			this.#memories.delete(index);
			this.#pool.give(filling.memory);
		}
	}

	#beginHashing(): void {
		const {partial} = this.#options;
		while (this.#failure === undefined && this.#piecesHashing < piecesAhead) {
			const position = this.#hasher.asked;
			// The end of the last part is inside of it by this division, and the hasher is answering for its digest then.
			if (position === partial.facts.totalBytes) return;
			const part = partial.parts[Math.floor(position / partial.facts.partBytes)];
			if (part === undefined) return;
			const inside = position - part.from;
			const filling = this.#memories.get(part.index);
			const isAlone = this.#piecesHashing === 0;
			if (filling !== undefined && filling.filled > inside && (isAlone || this.#hashing === 'memory'))
				this.#hash('memory', part, this.#hasher.update(filling.memory, inside, filling.filled));
			else if (filling === undefined && part.state === 'done' && isAlone)
				this.#hash(this.#left.has(part) ? 'again' : 'disk', part, this.#hashFromDisk(part, inside));
			else return;
		}
	}

	#hash(from: 'memory' | 'again' | 'disk', part: Part, work: Promise<void>): void {
		this.#hashing = from;
		this.#piecesHashing += 1;
		const settle = (): void => {
			this.#piecesHashing -= 1;
			if (this.#piecesHashing === 0) this.#hashing = 'idle';
		};
		const done = work.then(
			() => {
				settle();
				this.#release(part);
				this.#advance();
			},
			(error: unknown) => {
				settle();
				this.#fail(fileError(this.#options.partial.path, error));
			},
		);
		this.#hashed = this.#hashed.then(() => done);
	}

	/** What the disk does not hold as it was written is fetched again, once: only this part is lost. */
	async #hashFromDisk(part: Part, inside: number): Promise<void> {
		if (inside > 0) {
			// Its start was hashed from memory, before it left.
			if (await this.#hasher.updateFromDisk(part.bytes - inside, null)) return;
			throw new Error('it is shorter than what was written');
		}
		if (await this.#hasher.updateFromDisk(part.bytes, part.checksum)) return;
		if (this.#lost.has(part)) throw new Error(keepsNothing);
		this.#lost.add(part);
		await this.#options.partial.forget(part);
		this.#firstOpen = Math.min(this.#firstOpen, part.index);
	}

	/** Its memory is for another part once it is on the disk and hashed. */
	#release(part: Part): void {
		const filling = this.#memories.get(part.index);
		if (filling === undefined || part.state !== 'done' || this.#hasher.position < part.from + part.bytes) return;
		this.#memories.delete(part.index);
		this.#pool.give(filling.memory);
	}

	#stroke(): void {
		const now = performance.now();
		for (const filling of this.#memories.values()) filling.write();
		this.#attempts.watch(now, new URL(this.#location.url).host);
		const rate = this.#rate.at(now, this.#attempts.size >= this.#connections.count);
		if (rate !== null) this.#connections.measured(rate, now);
		this.#advance();
	}

	#fail(error: unknown): void {
		this.#failure ??= {error};
		this.#abandon();
		this.#end();
	}

	#abandon(): void {
		this.#stop.abort();
		this.#attempts.abandon();
	}

	async #leave(): Promise<void> {
		this.#abandon();
		while (this.#running.size > 0) await Promise.all(this.#running);
		await this.#hashed;
		await this.#hasher[Symbol.asyncDispose]();
	}
}

function writeFailure(error: unknown, {partial}: FetchOptions): MofaError {
	const failure = fileError(partial.path, error);
	if (!MofaError.is(failure, 'disk-full')) return failure;
	return new MofaError('disk-full', {
		path: partial.path,
		needs: partial.facts.totalBytes - partial.bytes,
		free: failure.data.free,
	});
}
