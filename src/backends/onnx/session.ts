import type * as transformers from '@huggingface/transformers';
import type * as onnx from 'onnxruntime-node';
import type {Warning} from '../../contract/task.ts';

/** The packages as this program uses them; a pack and a checkout give the same modules. */
export type OnnxModule = typeof onnx;
export type TransformersModule = typeof transformers;

/** ONNX Runtime inside this process. */
export interface OnnxSession extends AsyncDisposable {
	readonly module: OnnxModule;
	/** What computes: `cpu`, or the provider that really started. */
	readonly accelerator: string;
	/** Accelerators that could not be used, and why; an adapter tells the first request. */
	readonly warnings: readonly Warning[];
	/**
	 * Cores for all graphs, those of the library too: `setThreads: count => void (session.threads = count)` is all an
	 * engine needs. Fewer take effect with the next call of a graph; more as soon as the change costs less than it gives.
	 */
	threads: number;
	/**
	 * Opens a graph from its file, with its external data beside it. Throws `model-invalid` naming the file where it is damaged
	 * or made for something else, and `backend-unavailable` where the runtime gives up.
	 */
	open(file: string, options?: GraphOptions): Promise<OnnxGraph>;
	/** Opens a graph that this program wrote itself; `name` is what errors call it. */
	make(name: string, file: Uint8Array, options?: GraphOptions): Promise<OnnxGraph>;
	/** The library of model classes over the same runtime: reads local folders only, on the CPU, and never fetches. */
	transformers(): Promise<TransformersModule>;
}

export interface GraphOptions {
	/** Cores for this graph at most; absent: those of the session. A graph that only steps through time is fastest on one. */
	readonly threads?: number;
	/** False for a graph so small that the way to an accelerator takes longer than the work. */
	readonly accelerate?: boolean;
	/**
	 * False for a large graph that is called once in a while: what a call computes with is given back after it. Else the
	 * runtime keeps the most it ever took (measured: 4.6 GB of a decoder that needs 2.6), and later calls are faster.
	 */
	readonly keepsMemory?: boolean;
}

export type Feeds = Readonly<Record<string, onnx.Tensor>>;

/** One open graph. Its calls block the thread they are made on: it lives in a runner. */
export interface OnnxGraph extends AsyncDisposable {
	readonly file: string;
	readonly inputs: readonly TensorDescription[];
	readonly outputs: readonly TensorDescription[];
	/** The tensors of the answer own their memory. The signal is looked at before the call; what runs, runs to its end. */
	run(
		feeds: Feeds,
		options?: {readonly signal?: AbortSignal; readonly fetches?: readonly string[]},
	): Promise<Readonly<Record<string, onnx.Tensor>>>;
	/** The runtime's own session, for what this interface leaves out. */
	readonly native: onnx.InferenceSession;
}

export interface TensorDescription {
	readonly name: string;
	/** `float32`, `int64`, … */
	readonly type: string;
	/** A name where the size is open. */
	readonly shape: ReadonlyArray<number | string>;
}
