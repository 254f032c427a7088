import type {InferenceSession, Tensor} from 'onnxruntime-node';
import {MofaError} from '../../contract/error.ts';
import type {ElasticSession} from './elastic-session.ts';
import {runFailure} from './failure.ts';
import type {Feeds, OnnxGraph, TensorDescription} from './session.ts';

type RunOptions = Parameters<OnnxGraph['run']>[1];

/** A graph that is open until it is disposed. */
export class OpenGraph implements OnnxGraph {
	readonly file: string;
	readonly native: ElasticSession;
	readonly inputs: readonly TensorDescription[];
	readonly outputs: readonly TensorDescription[];

	/** Throws `model-invalid` for a graph that takes or gives something else than tensors. */
	constructor(file: string, native: ElasticSession) {
		this.file = file;
		this.native = native;
		this.inputs = native.inputMetadata.map(value => describe(file, value));
		this.outputs = native.outputMetadata.map(value => describe(file, value));
	}

	async run(feeds: Feeds, options: RunOptions = {}): Promise<Readonly<Record<string, Tensor>>> {
		options.signal?.throwIfAborted();
		try {
			// Every value of the graph is a tensor: `describe` refused the others.
			return (await this.native.run(feeds, options.fetches)) as Readonly<Record<string, Tensor>>;
		} catch (error) {
			throw runFailure(this.file, error);
		}
	}

	[Symbol.asyncDispose](): Promise<void> {
		return this.native.release();
	}
}

function describe(file: string, value: InferenceSession.ValueMetadata): TensorDescription {
	if (!value.isTensor)
		throw new MofaError('model-invalid', {model: file, problem: `its value '${value.name}' is no tensor`});
	return {name: value.name, type: value.type, shape: value.shape};
}
