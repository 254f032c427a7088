import {open, readFile} from 'node:fs/promises';
import {promisify} from 'node:util';
import {brotliDecompress} from 'node:zlib';
import type {Backend} from '../../contract/backend.ts';
import {programImage} from './program-image.ts';
import {UtterancePool} from './utterance-pool.ts';
import {UtteranceThread} from './utterance-thread.ts';
import {webAssembly} from './web-assembly.ts';

/** Flite, a small synthesizer with its voices in it, compiled to WebAssembly; runs wherever node does. */
export interface FliteSession extends AsyncDisposable {
	/** Throws where the file is no such program. */
	compile(file: string): Promise<FliteProgram>;
}

export interface Utterance {
	/** ASCII: the program takes other bytes for silence. */
	readonly text: string;
	/** One that the program has: of an unknown one it makes its own first, without a word. */
	readonly voice: string;
	/** 1 is the voice's own pace, 2 twice as fast. */
	readonly speed: number;
}

export interface Spoken {
	/** A WAV file. */
	readonly wav: Uint8Array;
	/** Milliseconds. */
	readonly computeMs: number;
}

const unpack = promisify(brotliDecompress);
/** Bytes; three times the program with all its voices. */
const largestProgram = 64_000_000;

export const flite: Backend<FliteSession> = {
	name: 'flite',
	// Nothing to install: the program is the file of the model, and node brings the rest.
	probe: async () => ({ok: true, version: '2.3', accelerator: 'cpu'}),
	open: async () => ({
		compile,
		[Symbol.asyncDispose]: async () => undefined,
	}),
};

/** The first thread starts meanwhile, and is not waited for. */
async function compile(file: string): Promise<FliteProgram> {
	const first = new UtteranceThread();
	try {
		const bytes = await readProgram(file);
		const module = await webAssembly.compile(bytes);
		const names = new Set(webAssembly.Module.exports(module).map(({name}) => name));
		if (!names.has('memory') || !names.has('_start')) throw new TypeError('it is no WASI command');
		return new FliteProgram(new UtterancePool({module, image: programImage(bytes)}, first, 1), bytes.length);
	} catch (error) {
		await first[Symbol.asyncDispose]();
		throw error;
	}
}

/** In memory that all threads see. A release carries it packed. */
async function readProgram(file: string): Promise<Uint8Array> {
	if (!file.endsWith('.br')) return readWhole(file);
	const bytes = await unpack(await readFile(file), {maxOutputLength: largestProgram});
	const shared = new Uint8Array(new SharedArrayBuffer(bytes.length));
	shared.set(bytes);
	return shared;
}

async function readWhole(file: string): Promise<Uint8Array> {
	await using handle = await open(file);
	const {size} = await handle.stat();
	if (size > largestProgram) throw new Error(`${size} bytes, where ${largestProgram} is the limit`);
	const bytes = new Uint8Array(new SharedArrayBuffer(size));
	for (let at = 0; at < size;) {
		const {bytesRead} = await handle.read(bytes, at, size - at, at);
		if (bytesRead === 0) throw new Error('it has become shorter');
		at += bytesRead;
	}
	return bytes;
}

/** Each utterance starts the program anew, in a memory as at the beginning, so that none can spoil the next. */
export class FliteProgram implements AsyncDisposable {
	readonly #pool: UtterancePool;
	readonly #fileBytes: number;

	constructor(pool: UtterancePool, fileBytes: number) {
		this.#pool = pool;
		this.#fileBytes = fileBytes;
	}

	/** What it holds: the program twice, as it was read and as it was compiled, and its threads. */
	get memoryBytes(): number {
		return 2 * this.#fileBytes + this.#pool.memoryBytes;
	}

	/** Of that, what `trim` gives back. */
	get spareBytes(): number {
		return this.#pool.spareBytes;
	}

	/** Ends the threads that rest, but for one. */
	async trim(): Promise<void> {
		await this.#pool.trim();
	}

	/** Utterances that are computed at the same time, at most. */
	get threads(): number {
		return this.#pool.most;
	}

	setThreads(count: number): void {
		this.#pool.setMost(count);
	}

	/**
	 * Computes in a thread, some 25 ms for each second of speech, after those that were asked for earlier. Throws where the program
	 * fails, and `cancelled` after the signal.
	 */
	async speak({text, voice, speed}: Utterance, signal: AbortSignal): Promise<Spoken> {
		const stretch = `duration_stretch=${(1 / speed).toFixed(4)}`;
		const argv = ['flite', '-voice', voice, '--setf', stretch, '-t', text, '-o', '/speech.wav'];
		const {exitCode, file, said, computeMs} = await this.#pool.run(argv, signal);
		if (exitCode !== 0 || file === null) throw new Error(`flite ended with ${exitCode}: ${said}`);
		return {wav: file, computeMs};
	}

	async [Symbol.asyncDispose](): Promise<void> {
		await this.#pool[Symbol.asyncDispose]();
	}
}
