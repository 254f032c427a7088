import {symlinkSync} from 'node:fs';
import path from 'node:path';
import type {Tensor} from 'onnxruntime-node';
import {describe, expect, test} from 'vitest';
import {checkGraph} from '../../../../src/backends/onnx/check-graph.ts';
import {MofaError} from '../../../../src/contract/error.ts';
import {openOnnx, placeFile} from '../../../helpers/onnx.ts';
import {onnxFile, type Weights} from '../../../../src/lib/onnx-file.ts';
import {identityFile} from '../../../helpers/identity-file.ts';
import {temporaryFolder} from '../../../helpers/temporary-folder.ts';

const weights = Float32Array.of(10, 20, 30, 40);

/** `y = x + w`, `z = x`. */
const sumFile = (kept: Omit<Weights, 'name' | 'shape'> = {data: weights}): Uint8Array =>
	onnxFile({
		inputs: [{name: 'x', shape: ['n', 4]}],
		outputs: [
			{name: 'y', shape: ['n', 4]},
			{name: 'z', shape: ['n', 4]},
		],
		nodes: [
			{op: 'Add', inputs: ['x', 'w'], outputs: ['y']},
			{op: 'Identity', inputs: ['x'], outputs: ['z']},
		],
		weights: [{name: 'w', shape: [4], ...kept}],
	});

const floats = (tensor: Tensor | undefined): readonly number[] => [...((tensor?.data ?? []) as Float32Array)];

describe('a graph', () => {
	test('tells what it takes and gives, and computes', async () => {
		const session = await openOnnx();
		const graph = await session.open(placeFile(sumFile()));
		expect(graph.inputs).toEqual([{name: 'x', type: 'float32', shape: ['n', 4]}]);
		expect(graph.outputs.map(({name}) => name)).toEqual(['y', 'z']);
		const x = new session.module.Tensor('float32', Float32Array.of(1, 2, 3, 4), [1, 4]);
		const {y, z} = await graph.run({x});
		expect(floats(y)).toEqual([11, 22, 33, 44]);
		expect(floats(z)).toEqual([1, 2, 3, 4]);
	});

	test('gives only what is asked for', async () => {
		const session = await openOnnx();
		const graph = await session.open(placeFile(sumFile()));
		const x = new session.module.Tensor('float32', new Float32Array(4), [1, 4]);
		expect(Object.keys(await graph.run({x}, {fetches: ['y']}))).toEqual(['y']);
	});

	test('reads the memory it is given, and its answers own theirs', async () => {
		const session = await openOnnx();
		const graph = await session.open(placeFile(identityFile));
		const whole = Float32Array.of(9, 1, 2, 9);
		const x = new session.module.Tensor('float32', whole.subarray(1, 3), [2]);
		expect((x.data as Float32Array).buffer).toBe(whole.buffer);
		const first = await graph.run({x});
		whole.set([5, 6], 1);
		const second = await graph.run({x});
		expect(floats(first['y'])).toEqual([1, 2]);
		expect(floats(second['y'])).toEqual([5, 6]);
		await graph[Symbol.asyncDispose]();
		expect(floats(first['y'])).toEqual([1, 2]);
	});

	test('finds its data in a file beside it, through the links of the cache too', async () => {
		const session = await openOnnx();
		const folder = temporaryFolder();
		placeFile(new Uint8Array(weights.buffer), 'blobs/data', folder);
		placeFile(sumFile({external: {location: 'model.onnx_data', offset: 0, length: 16}}), 'blobs/model', folder);
		const kept = placeFile(new Uint8Array(), 'snapshots/main/onnx/kept', folder);
		for (const [name, blob] of Object.entries({'model.onnx': 'model', 'model.onnx_data': 'data'}))
			symlinkSync(path.join('../../../blobs', blob), path.join(path.dirname(kept), name));
		const graph = await session.open(path.join(path.dirname(kept), 'model.onnx'));
		const {y} = await graph.run({x: new session.module.Tensor('float32', new Float32Array(4), [1, 4])});
		expect(floats(y)).toEqual([...weights]);
	});

	test('takes whole numbers and texts', async () => {
		const session = await openOnnx();
		const pass = (type: 'int64' | 'string'): Promise<unknown> =>
			session
				.open(
					placeFile(
						onnxFile({
							inputs: [{name: 'x', type, shape: ['n']}],
							outputs: [{name: 'y', type, shape: ['n']}],
							nodes: [{op: 'Identity', inputs: ['x'], outputs: ['y']}],
						}),
					),
				)
				.then(async graph => {
					const {Tensor} = session.module;
					const x =
						type === 'string' ? new Tensor('string', ['grüß', 'dich']) : new Tensor('int64', [2n ** 62n, -1n], [2]);
					return (await graph.run({x}))['y']?.data;
				});
		expect(await pass('int64')).toEqual(BigInt64Array.of(2n ** 62n, -1n));
		expect(await pass('string')).toEqual(['grüß', 'dich']);
	});

	test('is not started once the signal has fired', async () => {
		const session = await openOnnx();
		const graph = await session.open(placeFile(identityFile));
		const x = new session.module.Tensor('float32', new Float32Array(4), [4]);
		const stop = new Error('enough');
		await expect(graph.run({x}, {signal: AbortSignal.abort(stop)})).rejects.toBe(stop);
	});

	test('leaves room between two calls for others on its thread', async () => {
		const session = await openOnnx();
		const graph = await session.open(placeFile(identityFile));
		const x = new session.module.Tensor('float32', new Float32Array(4), [4]);
		const end = new AbortController();
		setImmediate(() => setImmediate(() => end.abort(new Error('enough'))));
		const forever = async (): Promise<void> => {
			for (;;) await graph.run({x}, {signal: end.signal});
		};
		await expect(forever()).rejects.toThrow('enough');
	});

	test('answers what is under way before it closes, and refuses what comes later', async () => {
		const session = await openOnnx();
		const graph = await session.open(placeFile(identityFile));
		const x = new session.module.Tensor('float32', Float32Array.of(7), [1]);
		const calls = [graph.run({x}), graph.run({x}), graph.run({x})];
		await Promise.all([graph[Symbol.asyncDispose](), graph[Symbol.asyncDispose]()]);
		expect((await Promise.all(calls)).map(({y}) => floats(y))).toEqual([[7], [7], [7]]);
		await expect(graph.run({x})).rejects.toSatisfy(error => MofaError.is(error, 'internal'));
	});

	test('is closed with its session', async () => {
		const session = await openOnnx();
		const graph = await session.open(placeFile(identityFile));
		await session[Symbol.asyncDispose]();
		const x = new session.module.Tensor('float32', new Float32Array(1), [1]);
		await expect(graph.run({x})).rejects.toThrow('disposed');
	});
});

describe('feeds that a graph does not take', () => {
	test.each([
		['a name that is missing', {}, /'x' is missing/],
		['another shape', {x: ['float32', [2, 2]]}, /dimensions for input: x/i],
		['another type', {x: ['int32', [1, 4]]}, /input data type/],
	] as const)('%s: the error names the file and the problem', async (_, wrong, words) => {
		const session = await openOnnx();
		const graph = await session.open(placeFile(sumFile()));
		const feeds = Object.fromEntries(
			Object.entries(wrong).map(([name, [type, shape]]) => [
				name,
				type === 'int32'
					? new session.module.Tensor(type, new Int32Array(4), shape)
					: new session.module.Tensor(type, new Float32Array(4), shape),
			]),
		);
		const failure = await graph.run(feeds).catch((error: unknown) => error);
		expect(failure).toSatisfy(error => MofaError.is(error, 'internal'));
		expect(String(failure)).toMatch(words);
		expect(String(failure)).toContain(graph.file);
	});

	test('are found while loading by an adapter that says what it feeds and reads', () => {
		const graph = {
			file: '/models/a.onnx',
			inputs: [{name: 'x', type: 'float32', shape: [1]}],
			outputs: [{name: 'y', type: 'float32', shape: [1]}],
		};
		expect(() => checkGraph(graph, {inputs: {x: 'float32'}, outputs: ['y']})).not.toThrow();
		expect(() => checkGraph(graph, {inputs: {x: 'int64'}, outputs: ['y']})).toThrow(/x \(float32\).*x \(int64\)/);
		expect(() => checkGraph(graph, {inputs: {x: 'float32', state: 'float32'}, outputs: []})).toThrow(/state/);
		expect(() => checkGraph(graph, {inputs: {}, outputs: ['y']})).toThrow(/where nothing and y are wanted/);
		expect(() => checkGraph(graph, {inputs: {x: 'float32'}, outputs: ['logits']})).toThrow(/logits/);
	});
});
