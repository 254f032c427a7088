import {webAssembly, type CompiledModule, type WasmMemory} from './web-assembly.ts';

/** What a program that ran to its end leaves behind. */
export interface ProgramResult {
	readonly exitCode: number;
	/** The one file it wrote; null where it wrote none. */
	readonly file: Uint8Array | null;
	/** What it printed, cut. */
	readonly said: string;
	/** Bytes of memory it ended with. */
	readonly memoryBytes: number;
}

/** Numbers of WASI preview 1. */
const errno = {success: 0, badDescriptor: 8, notSupported: 58, tooBig: 22} as const;
const fileType = {character: 2, folder: 3, file: 4} as const;
const folderDescriptor = 3;
const fileDescriptor = 4;
const mostSaid = 2000;
/** Bytes; ten minutes of 16-bit sound at 16 kHz. */
const largestFile = 20_000_000;

/**
 * A WASI command in a memory of its own, before its beginning. It sees its arguments, the time, and an empty folder in memory
 * in which it may write one file: thirteen functions. Node's own `node:wasi` would open the real disk, and warns on stderr
 * that it is experimental. Throws `TypeError` for what is no command.
 */
export class ProgramStart {
	readonly #program: Program;
	readonly #memory: WasmMemory;
	readonly #start: () => void;

	constructor(module: CompiledModule) {
		this.#program = new Program();
		const instance = new webAssembly.Instance(module, {wasi_snapshot_preview1: this.#program.functions()});
		const {memory, _start: start} = instance.exports;
		if (memory === undefined || typeof start !== 'function') throw new TypeError('it is no WASI command');
		this.#memory = memory as WasmMemory;
		this.#start = start as () => void;
	}

	/** To its end, on the calling thread; once. A trap is thrown as it is. */
	run(argv: readonly string[]): ProgramResult {
		return this.#program.run(argv, this.#memory, this.#start);
	}
}

class Exit extends Error {
	readonly code: number;

	constructor(code: number) {
		super(`exit ${code}`);
		this.code = code;
	}
}

class Program {
	#arguments: readonly Uint8Array[] = [];
	#memory: WasmMemory = {buffer: new ArrayBuffer(0)};
	#file: {bytes: Uint8Array; length: number; at: number} | undefined;
	#said = '';

	run(argv: readonly string[], memory: WasmMemory, start: () => void): ProgramResult {
		const encoder = new TextEncoder();
		this.#arguments = argv.map(argument => encoder.encode(`${argument.replaceAll('\0', '')}\0`));
		this.#memory = memory;
		const exitCode = exitCodeOf(start);
		const file = this.#file === undefined ? null : this.#file.bytes.subarray(0, this.#file.length);
		return {exitCode, file, said: this.#said.trim(), memoryBytes: memory.buffer.byteLength};
	}

	functions(): Readonly<Record<string, (...values: never[]) => number>> {
		return {
			args_sizes_get: (count: number, size: number) =>
				this.#put32(count, this.#arguments.length) ||
				this.#put32(
					size,
					this.#arguments.reduce((sum, {length}) => sum + length, 0),
				),
			args_get: (pointers: number, text: number) => this.#putArguments(pointers, text),
			clock_time_get: (_clock: number, _precision: bigint, time: number) =>
				this.#put64(time, BigInt(Date.now()) * 1_000_000n),
			fd_close: () => errno.success,
			fd_fdstat_get: (descriptor: number, status: number) => this.#describe(descriptor, status),
			fd_fdstat_set_flags: () => errno.success,
			fd_prestat_get: (descriptor: number, status: number) =>
				descriptor === folderDescriptor ? this.#put32(status, 0) || this.#put32(status + 4, 1) : errno.badDescriptor,
			fd_prestat_dir_name: (_descriptor: number, path: number) => this.#put(path, Uint8Array.of(0x2f)),
			fd_read: () => errno.notSupported,
			fd_seek: (descriptor: number, offset: bigint, whence: number, position: number) =>
				this.#seek(descriptor, Number(offset), whence, position),
			fd_write: (descriptor: number, vectors: number, count: number, written: number) =>
				this.#write(descriptor, vectors, count, written),
			path_open: (...values: number[]) => this.#open(values.at(-1) ?? 0),
			proc_exit: (code: number) => {
				throw new Exit(code);
			},
		};
	}

	#putArguments(pointers: number, text: number): number {
		let at = text;
		for (const [index, argument] of this.#arguments.entries()) {
			this.#put32(pointers + 4 * index, at);
			this.#put(at, argument);
			at += argument.length;
		}
		return errno.success;
	}

	/** Twenty-four bytes: the type, and every right there is. */
	#describe(descriptor: number, status: number): number {
		const type =
			descriptor === folderDescriptor
				? fileType.folder
				: descriptor < folderDescriptor
					? fileType.character
					: fileType.file;
		this.#put(status, new Uint8Array(24));
		this.#put(status, Uint8Array.of(type));
		return this.#put64(status + 8, 0xff_ff_ff_ffn) || this.#put64(status + 16, 0xff_ff_ff_ffn);
	}

	/** Whatever it is called, it is the one file. */
	#open(descriptor: number): number {
		this.#file = {bytes: new Uint8Array(1 << 16), length: 0, at: 0};
		return this.#put32(descriptor, fileDescriptor);
	}

	#seek(descriptor: number, offset: number, whence: number, position: number): number {
		const file = this.#file;
		if (descriptor !== fileDescriptor || file === undefined) return errno.badDescriptor;
		file.at = Math.max(0, Math.min(offset + (whence === 1 ? file.at : whence === 2 ? file.length : 0), largestFile));
		return this.#put64(position, BigInt(file.at));
	}

	#write(descriptor: number, vectors: number, count: number, written: number): number {
		let total = 0;
		for (let index = 0; index < count; index += 1) {
			const view = this.#view();
			const from = view.getUint32(vectors + 8 * index, true);
			const length = view.getUint32(vectors + 8 * index + 4, true);
			const bytes = new Uint8Array(this.#memory.buffer, from, length);
			const problem = descriptor < folderDescriptor ? this.#say(bytes) : this.#keep(bytes);
			if (problem !== errno.success) return problem;
			total += length;
		}
		return this.#put32(written, total);
	}

	#say(bytes: Uint8Array): number {
		this.#said = (this.#said + new TextDecoder().decode(bytes.slice(0, mostSaid))).slice(0, mostSaid);
		return errno.success;
	}

	#keep(bytes: Uint8Array): number {
		const file = this.#file;
		if (file === undefined) return errno.badDescriptor;
		const end = file.at + bytes.length;
		if (end > largestFile) return errno.tooBig;
		if (end > file.bytes.length) {
			const larger = new Uint8Array(Math.max(end, file.bytes.length * 2));
			larger.set(file.bytes.subarray(0, file.length));
			file.bytes = larger;
		}
		file.bytes.set(bytes, file.at);
		file.at = end;
		file.length = Math.max(file.length, end);
		return errno.success;
	}

	#put(at: number, bytes: Uint8Array): number {
		new Uint8Array(this.#memory.buffer).set(bytes, at);
		return errno.success;
	}

	#put32(at: number, value: number): number {
		this.#view().setUint32(at, value, true);
		return errno.success;
	}

	#put64(at: number, value: bigint): number {
		this.#view().setBigUint64(at, value, true);
		return errno.success;
	}

	/** Made anew each time: growing memory takes the old one away. */
	#view(): DataView {
		return new DataView(this.#memory.buffer);
	}
}

function exitCodeOf(start: () => void): number {
	try {
		start();
		return 0;
	} catch (error) {
		if (error instanceof Exit) return error.code;
		throw error;
	}
}
