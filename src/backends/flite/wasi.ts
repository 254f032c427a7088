import type {ProgramImage} from './program-image.ts';
import type {CompiledModule, WasmMemory, WebAssemblyApi} from './web-assembly.ts';

/** What a program that ran to its end leaves behind. */
export interface ProgramResult {
	readonly exitCode: number;
	/** The one file it wrote; null where it wrote none. */
	readonly file: Uint8Array<ArrayBuffer> | null;
	/** What it printed, cut. */
	readonly said: string;
}

/** A WASI command that is run any number of times, each as if it were the first. */
export interface WasiProgram {
	/** Bytes it holds now. */
	readonly memoryBytes: number;
	/** Lays out the memory of the next run: while nobody waits. Throws `TypeError` for what is no command. */
	prepare(): void;
	/** To its end, on the calling thread. A trap is thrown as it is. */
	run(argv: readonly string[]): ProgramResult;
}

/**
 * It sees its arguments, the time, and an empty folder in memory in which it may write one file: thirteen functions. Node's own
 * `node:wasi` would open the real disk, and warns on stderr that it is experimental.
 *
 * A run that has returned leaves nothing behind but its memory (`programImage` says when that is so), and writing that anew
 * takes a third of the time of another memory. After anything else, or in one that has grown large, the next gets another.
 *
 * Its text is run in other threads, so it may use nothing that stands outside of it, and nothing but the plainest of the
 * language, which no compiler rewrites with helpers.
 */
export function wasiProgram(
	webAssembly: Pick<WebAssemblyApi, 'Instance'>,
	module: CompiledModule,
	image: ProgramImage | null,
): WasiProgram {
	/** Numbers of WASI preview 1. */
	const errno = {success: 0, badDescriptor: 8, notSupported: 58, tooBig: 22};
	const fileType = {character: 2, folder: 3, file: 4};
	const folderDescriptor = 3;
	const fileDescriptor = 4;
	const mostSaid = 2000;
	/** Bytes; ten minutes of 16-bit sound at 16 kHz. */
	const largestFile = 20_000_000;
	/** Bytes; it grows to 26 million for two hundred characters, and to twice that for slow ones. */
	const largestKept = 32_000_000;
	const left = new Error('the program has left');

	/** `fresh`: as at the beginning. */
	let started: {readonly memory: WasmMemory; readonly start: () => void; fresh: boolean} | undefined;
	let memory: WasmMemory = {buffer: new ArrayBuffer(0)};
	let given: readonly Uint8Array[] = [];
	let file: {bytes: Uint8Array<ArrayBuffer>; length: number; at: number} | undefined;
	let said = '';
	let exitCode = 0;

	function prepare(): void {
		if (started?.fresh === true) return;
		if (started === undefined || image === null || memory.buffer.byteLength > largestKept) begin();
		else restore(image);
	}

	function begin(): void {
		started = undefined;
		const {exports} = new webAssembly.Instance(module, {wasi_snapshot_preview1: functions});
		const start = exports['_start'];
		if (exports['memory'] === undefined || typeof start !== 'function') throw new TypeError('it is no WASI command');
		memory = exports['memory'] as WasmMemory;
		started = {memory, start: start as () => void, fresh: true};
	}

	/** What it has grown by stays, and is zero again. */
	function restore({bytes, parts}: ProgramImage): void {
		const whole = new Uint8Array(memory.buffer);
		let end = 0;
		for (const {at, from, length} of parts) {
			whole.fill(0, end, at);
			whole.set(bytes.subarray(from, from + length), at);
			end = at + length;
		}
		whole.fill(0, end);
		if (started !== undefined) started.fresh = true;
	}

	function run(argv: readonly string[]): ProgramResult {
		prepare();
		const running = started;
		if (running === undefined) throw new Error('nothing was prepared');
		const encoder = new TextEncoder();
		given = argv.map(argument => encoder.encode(`${argument.replaceAll('\0', '')}\0`));
		file = undefined;
		said = '';
		exitCode = 0;
		started = undefined;
		if (hasReturned(running.start)) {
			running.fresh = false;
			started = running;
		}
		const written = file as {bytes: Uint8Array<ArrayBuffer>; length: number} | undefined;
		return {exitCode, file: written?.bytes.subarray(0, written.length) ?? null, said: said.trim()};
	}

	/** False where it has left in the midst of things. */
	function hasReturned(start: () => void): boolean {
		try {
			start();
			return true;
		} catch (error) {
			if (error === left) return false;
			throw error;
		}
	}

	const functions = {
		args_sizes_get: (count: number, size: number) =>
			put32(count, given.length) ||
			put32(
				size,
				given.reduce((sum, {length}) => sum + length, 0),
			),
		args_get: putArguments,
		clock_time_get: (_clock: number, _precision: bigint, time: number) => put64(time, BigInt(Date.now()) * 1_000_000n),
		fd_close: () => errno.success,
		fd_fdstat_get: describe,
		fd_fdstat_set_flags: () => errno.success,
		fd_prestat_get: (descriptor: number, status: number) =>
			descriptor === folderDescriptor ? put32(status, 0) || put32(status + 4, 1) : errno.badDescriptor,
		fd_prestat_dir_name: (_descriptor: number, path: number) => put(path, Uint8Array.of(0x2f)),
		fd_read: () => errno.notSupported,
		fd_seek: (descriptor: number, offset: bigint, whence: number, position: number) =>
			seek(descriptor, Number(offset), whence, position),
		fd_write: write,
		path_open: (...values: number[]) => open(values.at(-1) ?? 0),
		proc_exit: (code: number) => {
			exitCode = code;
			throw left;
		},
	};

	function putArguments(pointers: number, text: number): number {
		let at = text;
		for (const [index, argument] of given.entries()) {
			put32(pointers + 4 * index, at);
			put(at, argument);
			at += argument.length;
		}
		return errno.success;
	}

	/** Twenty-four bytes: the type, and every right there is. */
	function describe(descriptor: number, status: number): number {
		const rest = descriptor < folderDescriptor ? fileType.character : fileType.file;
		put(status, new Uint8Array(24));
		put(status, Uint8Array.of(descriptor === folderDescriptor ? fileType.folder : rest));
		return put64(status + 8, 0xff_ff_ff_ffn) || put64(status + 16, 0xff_ff_ff_ffn);
	}

	/** Whatever it is called, it is the one file. */
	function open(descriptor: number): number {
		file = {bytes: new Uint8Array(1 << 16), length: 0, at: 0};
		return put32(descriptor, fileDescriptor);
	}

	function seek(descriptor: number, offset: number, whence: number, position: number): number {
		if (descriptor !== fileDescriptor || file === undefined) return errno.badDescriptor;
		const from = whence === 1 ? file.at : whence === 2 ? file.length : 0;
		file.at = Math.max(0, Math.min(offset + from, largestFile));
		return put64(position, BigInt(file.at));
	}

	function write(descriptor: number, vectors: number, count: number, written: number): number {
		let total = 0;
		for (let index = 0; index < count; index += 1) {
			const from = view().getUint32(vectors + 8 * index, true);
			const length = view().getUint32(vectors + 8 * index + 4, true);
			const bytes = new Uint8Array(memory.buffer, from, length);
			const problem = descriptor < folderDescriptor ? say(bytes) : keep(bytes);
			if (problem !== errno.success) return problem;
			total += length;
		}
		return put32(written, total);
	}

	function say(bytes: Uint8Array): number {
		said = (said + new TextDecoder().decode(bytes.slice(0, mostSaid))).slice(0, mostSaid);
		return errno.success;
	}

	function keep(bytes: Uint8Array): number {
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

	function put(at: number, bytes: Uint8Array): number {
		new Uint8Array(memory.buffer).set(bytes, at);
		return errno.success;
	}

	function put32(at: number, value: number): number {
		view().setUint32(at, value, true);
		return errno.success;
	}

	function put64(at: number, value: bigint): number {
		view().setBigUint64(at, value, true);
		return errno.success;
	}

	/** Made anew each time: growing memory takes the old one away. */
	function view(): DataView {
		return new DataView(memory.buffer);
	}

	return {
		get memoryBytes() {
			return memory.buffer.byteLength;
		},
		prepare,
		run,
	};
}
