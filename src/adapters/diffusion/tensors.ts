import type {Tensor} from 'onnxruntime-node';
import {invalidModel} from '../../backends/onnx/model-files.ts';
import type {OnnxGraph, OnnxModule, TensorDescription} from '../../backends/onnx/session.ts';
import type {InstalledModel} from '../../contract/manifest.ts';
import {float16Of} from '../../lib/float16.ts';

export const inputOf = ({inputs}: Pick<OnnxGraph, 'inputs'>, name: string): TensorDescription | undefined =>
	inputs.find(input => input.name === name);

/** A size that the graph was made for alone; null: every size. */
export function fixedSize(tensor: TensorDescription | undefined, axis: number): number | null {
	const size = tensor?.shape[axis];
	return typeof size === 'number' && size > 0 ? size : null;
}

/** Numbers as the graph takes them: exports differ in the type of everything. */
export function tensorFor(
	{Tensor: Class}: Pick<OnnxModule, 'Tensor'>,
	{name, type}: TensorDescription,
	values: Float32Array,
	shape: readonly number[],
): Tensor {
	switch (type) {
		case 'float32':
			return new Class('float32', values, shape);
		case 'float16':
			return new Class('float16', float16Of(values), shape);
		case 'float64':
			return new Class('float64', Float64Array.from(values), shape);
		case 'int64':
			return new Class(
				'int64',
				BigInt64Array.from(values, value => BigInt(Math.trunc(value))),
				shape,
			);
		case 'int32':
			return new Class('int32', Int32Array.from(values, Math.trunc), shape);
		default:
			throw new TypeError(`its input ${name} is of ${type}, which nobody makes`);
	}
}

const known: ReadonlySet<string> = new Set(['float32', 'float16', 'float64', 'int64', 'int32']);

/** Throws `model-invalid` where the graph lacks one of the inputs, takes others too, or takes one as what nothing here makes. */
export function checkInputs(
	model: InstalledModel,
	part: string,
	{inputs}: OnnxGraph,
	needed: readonly string[],
	possible: readonly string[],
): void {
	const names = new Set(inputs.map(({name}) => name));
	const missing = needed.filter(name => !names.has(name));
	const foreign = [...names].filter(name => !needed.includes(name) && !possible.includes(name));
	const untyped = inputs.filter(({type}) => !known.has(type)).map(({name, type}) => `${name} as ${type}`);
	const problems = [
		...missing.map(name => `lacks ${name}`),
		...foreign.map(name => `wants ${name}`),
		...untyped.map(name => `wants ${name}`),
	];
	if (problems.length > 0)
		throw invalidModel(model, `its ${part} graph ${problems.slice(0, 6).join(', ').slice(0, 300)}`);
}
