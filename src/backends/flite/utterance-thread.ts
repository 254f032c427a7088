import {Worker, type MessagePort} from 'node:worker_threads';
import type {ProgramImage} from './program-image.ts';
import {wasiProgram, type ProgramResult, type WasiProgram} from './wasi.ts';
import type {CompiledModule} from './web-assembly.ts';

/** All that a thread needs to run the program; it is not copied on its way there. */
export interface ThreadProgram {
	readonly module: CompiledModule;
	readonly image: ProgramImage | null;
}

export interface ThreadAnswer extends ProgramResult {
	/** Milliseconds from its start to its end. */
	readonly computeMs: number;
}

/** Bytes that a thread takes beside the memory of its program, as measured. */
const threadBytes = 8e6;

type ThreadRequest = {readonly program: ThreadProgram} | {readonly argv: readonly string[]} | 'prepare';
interface ThreadReply {
	readonly answer?: ThreadAnswer;
	/** Bytes the program holds. */
	readonly memoryBytes?: number;
	readonly problem?: string;
}

/** A thread in which the program runs, one utterance after the other. It keeps no process from leaving but while it is asked. */
export class UtteranceThread implements AsyncDisposable {
	readonly #worker: Worker;
	#waiting: {resolve(reply: ThreadReply): void; reject(error: Error): void} | undefined;
	#failure: Error | undefined;
	#memoryBytes = 0;

	constructor() {
		this.#worker = new Worker(threadSource, {
			eval: true,
			execArgv: [],
			env: {},
			resourceLimits: {maxOldGenerationSizeMb: 32, maxYoungGenerationSizeMb: 2},
		});
		this.#worker.on('message', (reply: ThreadReply) => this.#answered(reply));
		this.#worker.on('error', error => this.#fail(error));
		this.#worker.on('exit', code => this.#fail(new Error(`the thread of the voice has ended with ${code}`)));
	}

	/** Whether it has ended, and can be asked nothing more. */
	get hasEnded(): boolean {
		return this.#failure !== undefined;
	}

	/** What it held when it was last heard of. */
	get memoryBytes(): number {
		return threadBytes + this.#memoryBytes;
	}

	/** Before anything else; throws where it is no program. */
	async open(program: ThreadProgram): Promise<void> {
		await this.#ask({program});
	}

	/** Not before it has answered. Throws what the program stumbled over, or what ended the thread. */
	async run(argv: readonly string[]): Promise<ThreadAnswer> {
		const {answer} = await this.#ask({argv});
		if (answer === undefined) throw new Error('the thread of the voice gave no answer');
		return answer;
	}

	/**
	 * Lays out the memory of the next run: while nobody waits. Not done behind an answer as a matter of course, as on a busy core who
	 * waits for that would wait for this, too.
	 */
	prepare(): void {
		this.#worker.postMessage('prepare' satisfies ThreadRequest, []);
	}

	async [Symbol.asyncDispose](): Promise<void> {
		await this.#worker.terminate();
	}

	#ask(request: ThreadRequest): Promise<ThreadReply> {
		return new Promise((resolve, reject) => {
			if (this.#failure !== undefined) return reject(this.#failure);
			this.#waiting = {resolve, reject};
			this.#worker.ref();
			this.#worker.postMessage(request, []);
		});
	}

	#answered(reply: ThreadReply): void {
		this.#worker.unref();
		this.#memoryBytes = reply.memoryBytes ?? this.#memoryBytes;
		const asked = this.#waiting;
		this.#waiting = undefined;
		if (reply.problem === undefined) asked?.resolve(reply);
		else asked?.reject(new Error(reply.problem));
	}

	#fail(error: Error): void {
		this.#failure ??= error;
		this.#waiting?.reject(this.#failure);
		this.#waiting = undefined;
	}
}

/** Both functions travel as text, so that no bundle has to know of one more file. They use nothing from around them. */
const threadSource = `
const {parentPort} = process.getBuiltinModule('node:worker_threads');
const openProgram = ${wasiProgram.toString()};
(${serve.toString()})(parentPort, ({module, image}) => openProgram(WebAssembly, module, image));`;

/** Inside the thread. */
function serve(port: MessagePort, open: (program: ThreadProgram) => WasiProgram): void {
	let program: WasiProgram | undefined;

	function answer(request: Exclude<ThreadRequest, 'prepare'>): ThreadReply {
		if ('program' in request) {
			program = open(request.program);
			program.prepare();
			return {memoryBytes: program.memoryBytes};
		}
		if (program === undefined) throw new Error('no program was opened');
		const started = performance.now();
		const result = program.run(request.argv);
		return {answer: {...result, computeMs: performance.now() - started}, memoryBytes: program.memoryBytes};
	}

	function prepare(): void {
		try {
			program?.prepare();
		} catch {
			// Where there is no memory for it, the run that needs it says so.
		}
	}

	port.on('message', (request: ThreadRequest) => {
		if (request === 'prepare') return prepare();
		try {
			const reply = answer(request);
			const file = reply.answer?.file;
			port.postMessage(reply, file === undefined || file === null ? [] : [file.buffer]);
		} catch (error) {
			port.postMessage({problem: error instanceof Error ? error.message : String(error)}, []);
		}
	});
}
