import type {InferenceSession, Tensor} from 'onnxruntime-node';
import {MofaError} from '../../contract/error.ts';
import {runFailure} from './failure.ts';
import type {Feeds, OnnxGraph, TensorDescription} from './session.ts';

type RunOptions = Parameters<OnnxGraph['run']>[1];

/** A graph that is open until it is disposed; calls under way are waited for. */
export class OpenGraph implements OnnxGraph {
	readonly file: string;
	readonly native: InferenceSession;
	readonly inputs: readonly TensorDescription[];
	readonly outputs: readonly TensorDescription[];
	readonly #calls = new Set<Promise<unknown>>();
	#disposed: Promise<void> | undefined;

	constructor(file: string, native: InferenceSession) {
		this.file = file;
		this.native = native;
		this.inputs = native.inputMetadata.map(describe);
		this.outputs = native.outputMetadata.map(describe);
	}

	async run(feeds: Feeds, options: RunOptions = {}): Promise<Readonly<Record<string, Tensor>>> {
		options.signal?.throwIfAborted();
		if (this.#disposed !== undefined) throw new MofaError('internal', {problem: `${this.file} is closed`});
		const call = options.fetches === undefined ? this.native.run(feeds) : this.native.run(feeds, options.fetches);
		this.#calls.add(call);
		try {
			// Every value of the graphs we open is a tensor; `describe` refused the others.
			return (await call) as Readonly<Record<string, Tensor>>;
		} catch (error) {
			throw runFailure(this.file, error);
		} finally {
			this.#calls.delete(call);
		}
	}

	[Symbol.asyncDispose](): Promise<void> {
		this.#disposed ??= Promise.allSettled(this.#calls).then(() => this.native.release());
		return this.#disposed;
	}
}

function describe(value: InferenceSession.ValueMetadata): TensorDescription {
	if (!value.isTensor) throw new TypeError(`its value '${value.name}' is no tensor`);
	return {name: value.name, type: value.type, shape: value.shape};
}
