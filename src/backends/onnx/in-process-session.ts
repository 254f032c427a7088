import {stat} from 'node:fs/promises';
import type {InferenceSession} from 'onnxruntime-node';
import type {OpenOptions} from '../../contract/backend.ts';
import {MofaError} from '../../contract/error.ts';
import type {Warning} from '../../contract/task.ts';
import {openFailure, shortWords} from './failure.ts';
import {OpenGraph} from './graph.ts';
import {chooseProviders} from './providers.ts';
import {requireRuntime} from './runtime.ts';
import {sessionOptions} from './session-options.ts';
import type {GraphOptions, OnnxGraph, OnnxModule, OnnxSession, TransformersModule} from './session.ts';
import {fellBack, startProvider, type StartedProvider} from './start-provider.ts';
import {openTransformers} from './transformers.ts';

/** The runtime in this process, the graphs that were opened with it, and what computes them. */
export class InProcessSession implements OnnxSession {
	readonly module: OnnxModule;
	readonly warnings: Warning[];
	readonly #entry: string;
	readonly #graphs = new Set<OpenGraph>();
	#provider: string;
	#threads: number;
	#transformers: Promise<TransformersModule> | undefined;

	private constructor(runtime: ReturnType<typeof requireRuntime>, threads: number, started: StartedProvider) {
		this.module = runtime.module;
		this.#entry = runtime.entry;
		this.#threads = threads;
		this.#provider = started.provider;
		this.warnings = [...started.warnings];
	}

	/** Loads the native code and tries the machine's accelerators. Throws `backend-unavailable`. */
	static async open({signal, device, threads}: OpenOptions): Promise<InProcessSession> {
		const runtime = requireRuntime();
		signal.throwIfAborted();
		const started = await startProvider(runtime.module, chooseProviders(device));
		signal.throwIfAborted();
		return new InProcessSession(runtime, threads, started);
	}

	get accelerator(): string {
		return this.#provider;
	}

	get threads(): number {
		return this.#threads;
	}

	set threads(count: number) {
		this.#threads = Math.max(1, Math.trunc(count));
	}

	async open(file: string, options: GraphOptions = {}): Promise<OnnxGraph> {
		await mustBeFile(file);
		const graph = new OpenGraph(file, await this.#create(file, options));
		this.#graphs.add(graph);
		return graph;
	}

	transformers(): Promise<TransformersModule> {
		this.#transformers ??= openTransformers(this.#entry, this.module, () => this.#threads);
		return this.#transformers;
	}

	async [Symbol.asyncDispose](): Promise<void> {
		const graphs = [...this.#graphs];
		this.#graphs.clear();
		await Promise.all(graphs.map(graph => graph[Symbol.asyncDispose]()));
	}

	/** On the accelerator where the graph can be, else on the processor: the runtime itself would give up. */
	async #create(file: string, {threads = this.#threads, accelerate = true}: GraphOptions): Promise<InferenceSession> {
		const create = (provider: string): Promise<InferenceSession> =>
			this.module.InferenceSession.create(file, sessionOptions(threads, provider));
		if (!accelerate || this.#provider === 'cpu') return create('cpu').catch(refuse(file));
		try {
			return await create(this.#provider);
		} catch (error) {
			const native = await create('cpu').catch(refuse(file));
			this.warnings.push(fellBack(this.#provider, shortWords(file, error)));
			return native;
		}
	}
}

async function mustBeFile(file: string): Promise<void> {
	const facts = await stat(file).catch((error: unknown) => {
		throw new MofaError('file-error', {path: file, problem: error instanceof Error ? error.message : String(error)});
	});
	if (!facts.isFile()) throw new MofaError('model-invalid', {model: file, problem: 'it is no file'});
}

const refuse = (file: string) => (error: unknown) => {
	throw openFailure(file, error);
};
