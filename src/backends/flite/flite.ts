import {readFile} from 'node:fs/promises';
import {promisify} from 'node:util';
import {brotliDecompress} from 'node:zlib';
import type {Backend} from '../../contract/backend.ts';
import {programImage} from './program-image.ts';
import {wasiProgram, type WasiProgram} from './wasi.ts';
import {webAssembly, type CompiledModule} from './web-assembly.ts';

/** Flite, a small synthesizer with its voices in it, compiled to WebAssembly; runs wherever node does. */
export interface FliteSession extends AsyncDisposable {
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

const unpack = promisify(brotliDecompress);
/** Bytes; three times the program with all its voices. */
const largestProgram = 64_000_000;

export const flite: Backend<FliteSession> = {
	name: 'flite',
	// Nothing to install: the program is the file of the model, and node brings the rest.
	probe: async () => ({ok: true, version: '2.3', accelerator: 'cpu'}),
	open: async () => ({
		async compile(file) {
			const bytes = await readProgram(file);
			return new FliteProgram(await webAssembly.compile(bytes), bytes);
		},
		[Symbol.asyncDispose]: async () => undefined,
	}),
};

/** A release carries it packed. */
async function readProgram(file: string): Promise<Uint8Array> {
	const bytes = await readFile(file);
	return file.endsWith('.br') ? unpack(bytes, {maxOutputLength: largestProgram}) : bytes;
}

/** Each utterance starts the program anew, in a memory as at the beginning, so that none can spoil the next. */
export class FliteProgram {
	readonly #program: WasiProgram;

	constructor(module: CompiledModule, bytes: Uint8Array) {
		this.#program = wasiProgram(webAssembly, module, programImage(bytes));
	}

	/** That it holds now, beside the program itself. */
	get memoryBytes(): number {
		return this.#program.memoryBytes;
	}

	/** Lays out the memory of the next utterance: while nobody waits. */
	prepare(): void {
		this.#program.prepare();
	}

	/** A WAV file. Computes on the calling thread, some 25 ms for each second of speech. Throws where the program fails. */
	speak({text, voice, speed}: Utterance): Uint8Array {
		const {exitCode, file, said} = this.#program.run([
			'flite',
			'-voice',
			voice,
			'--setf',
			`duration_stretch=${(1 / speed).toFixed(4)}`,
			'-t',
			text,
			'-o',
			'/speech.wav',
		]);
		if (exitCode !== 0 || file === null) throw new Error(`flite ended with ${exitCode}: ${said}`);
		return file;
	}
}
