import type {OpenOptions} from '../../contract/backend.ts';
import type {Warning} from '../../contract/task.ts';
import {ElasticSession, type OpenWith} from './elastic-session.ts';
import {shortWords} from './failure.ts';
import {OpenGraph} from './graph.ts';
import {lookAtFile} from './look-at-file.ts';
import {createNative, type Create} from './native-create.ts';
import {chooseProviders} from './providers.ts';
import {requireRuntime} from './runtime.ts';
import {sessionOptions} from './session-options.ts';
import type {GraphOptions, OnnxGraph, OnnxModule, OnnxSession, TransformersModule} from './session.ts';
import {fellBack, startProvider, type StartedProvider} from './start-provider.ts';
import {openTransformers, type TransformersLibrary} from './transformers.ts';

/** The runtime in this process, what computes, and the graphs that are open. */
export class InProcessSession implements OnnxSession {
	readonly module: OnnxModule;
	readonly accelerator: string;
	readonly warnings: Warning[];
	readonly #entry: string;
	readonly #create: Create;
	readonly #open = new Set<ElasticSession>();
	#threads = 1;
	#transformers: Promise<TransformersLibrary> | undefined;

	private constructor({module, entry}: ReturnType<typeof requireRuntime>, {provider, warnings}: StartedProvider) {
		this.module = module;
		this.accelerator = provider;
		this.warnings = [...warnings];
		this.#entry = entry;
		this.#create = createNative(module);
	}

	/** Loads the native code and tries the machine's accelerators. Throws `backend-unavailable`. */
	static async open({signal, device, threads}: OpenOptions): Promise<InProcessSession> {
		const runtime = requireRuntime();
		signal.throwIfAborted();
		const session = new InProcessSession(runtime, await startProvider(runtime.module, chooseProviders(device)));
		session.threads = threads;
		signal.throwIfAborted();
		return session;
	}

	get threads(): number {
		return this.#threads;
	}

	set threads(count: number) {
		this.#threads = Math.max(1, Math.trunc(count));
	}

	async open(file: string, options: GraphOptions = {}): Promise<OnnxGraph> {
		await lookAtFile(file);
		return this.#opened(file, file, options);
	}

	make(name: string, file: Uint8Array, options: GraphOptions = {}): Promise<OnnxGraph> {
		return this.#opened(name, file, options);
	}

	async transformers(): Promise<TransformersModule> {
		this.#transformers ??= openTransformers(this.#entry, this.module, () => this.#threads);
		return (await this.#transformers).library;
	}

	/** Closes every graph, those of the library too, once the calls under way are through. */
	async [Symbol.asyncDispose](): Promise<void> {
		const library = await this.#transformers?.catch(() => undefined);
		await Promise.all([library?.release(), ...[...this.#open].map(session => session.release())]);
	}

	async #opened(
		name: string,
		source: string | Uint8Array,
		{threads = Infinity, accelerate = true, keepsMemory = true}: GraphOptions,
	): Promise<OnnxGraph> {
		const openWith = this.#fallingBack(name, source, accelerate ? this.accelerator : 'cpu', keepsMemory);
		return new OpenGraph(name, await this.#elastic(openWith, () => Math.min(threads, this.#threads)));
	}

	async #elastic(open: OpenWith, wanted: () => number): Promise<ElasticSession> {
		const session = await ElasticSession.open(open, wanted, () => this.#open.delete(session));
		this.#open.add(session);
		return session;
	}

	/** On the accelerator where the graph can be, else on the processor: the runtime itself would give up. */
	#fallingBack(name: string, source: string | Uint8Array, first: string, keepsMemory: boolean): OpenWith {
		let provider = first;
		return async threads => {
			try {
				return await this.#create(source, sessionOptions(threads, provider, keepsMemory));
			} catch (error) {
				if (provider === 'cpu') throw error;
				const native = await this.#create(source, sessionOptions(threads, 'cpu', keepsMemory));
				this.warnings.push(fellBack(provider, shortWords(name, error)));
				provider = 'cpu';
				return native;
			}
		};
	}
}
