import {readFileSync} from 'node:fs';
import path from 'node:path';
import {describe, expect, test} from 'vitest';
import {ElasticSession} from '../../../../src/backends/onnx/elastic-session.ts';
import {MofaError} from '../../../../src/contract/error.ts';
import {openOnnx, placeFile, sharedModels, sharedModelsPresent} from '../../../helpers/onnx.ts';

describe.skipIf(!sharedModelsPresent)('real models', () => {
	test('a recurrent one keeps its state in its feeds, so it goes on with other threads', async () => {
		const session = await openOnnx(1);
		const graph = await session.open(path.join(sharedModels, 'silero-vad/silero_vad.onnx'));
		const {Tensor} = session.module;
		const listen = async (threads: readonly number[]): Promise<number> => {
			let state = new Tensor('float32', new Float32Array(256), [2, 1, 128]);
			let probability = Number.NaN;
			for (const count of threads) {
				session.threads = count;
				const input = new Tensor('float32', new Float32Array(576).fill(0.01), [1, 576]);
				const answer = await graph.run({input, state, sr: new Tensor('int64', BigInt64Array.of(16_000n), [])});
				probability = Number(answer['output']?.data[0]);
				state = answer['stateN'] as typeof state;
			}
			return probability;
		};
		const steady = await listen([1, 1, 1, 1]);
		expect(steady).toBeGreaterThan(0);
		expect(await listen([2, 1, 2, 1])).toBeCloseTo(steady, 6);
	});

	test('the same picture comes out of the same numbers', async () => {
		const session = await openOnnx();
		const graph = await session.open(path.join(sharedModels, 'quickdraw-cvae/decoder.onnx'));
		const feeds = Object.fromEntries(
			graph.inputs.map(({name, shape}) => {
				const sizes = shape.map(size => (typeof size === 'number' ? size : 1));
				const data = new Float32Array(sizes.reduce((product, size) => product * size)).fill(0.1);
				return [name, new session.module.Tensor('float32', data, sizes)];
			}),
		);
		const [first, second] = [await graph.run(feeds), await graph.run(feeds)];
		const name = graph.outputs[0]?.name ?? '';
		expect(first[name]?.data).toHaveLength(28 * 28);
		expect(first[name]?.data).toEqual(second[name]?.data);
	});

	test.each(['spelling_cnn_mel.onnx', 'spelling_cnn_mel.shrunk.onnx'])('%s gives 51 classes', async name => {
		const session = await openOnnx();
		const graph = await session.open(path.join(sharedModels, 'spelling-cnn', name));
		const log_mel = new session.module.Tensor('float32', new Float32Array(64 * 128), [1, 1, 64, 128]);
		expect((await graph.run({log_mel}))['logits']?.dims).toEqual([1, 51]);
	});

	test('the library opens them by the same runtime, with our threads, and nothing is left open behind it', async () => {
		const session = await openOnnx(2);
		const library = await session.transformers();
		const model = await openEmbedding(library);
		const native = model.sessions['model'];
		expect(native).toBeInstanceOf(ElasticSession);
		expect(native?.threads).toBe(2);
		session.threads = 1;
		const numbers = new library.Tensor('int64', [101n, 102n], [1, 2]);
		const answer = (await model({input_ids: numbers, attention_mask: numbers})) as Record<string, {dims: number[]}>;
		expect(answer['sentence_embedding']?.dims).toEqual([1, 64]);
		expect(native?.threads).toBe(1);
		await session[Symbol.asyncDispose]();
		await expect(native?.run({})).rejects.toThrow('disposed');
	});

	test('engines that share a process share the library, and one that leaves takes nothing from the others', async () => {
		const [first, second] = [await openOnnx(), await openOnnx()];
		const [library] = await Promise.all([first.transformers(), second.transformers()]);
		const model = await openEmbedding(library);
		const numbers = new library.Tensor('int64', [101n, 102n], [1, 2]);
		const feeds = {input_ids: numbers, attention_mask: numbers};
		await second[Symbol.asyncDispose]();
		expect(await model(feeds)).toHaveProperty('sentence_embedding');
		await first[Symbol.asyncDispose]();
		await expect(model(feeds)).rejects.toThrow('disposed');
	});

	test('the library knows no way to the network, and asks for none', async () => {
		const session = await openOnnx();
		const {AutoModel, env} = await session.transformers();
		await expect(AutoModel.from_pretrained('someone/something', {device: 'cpu'})).rejects.toThrow('not found locally');
		await expect(env.fetch('https://example.invalid/')).rejects.toThrow('nothing is fetched here');
		expect(env).toMatchObject({allowRemoteModels: false, useFSCache: false, useCustomCache: false, logLevel: 50});
	});

	test('a graph that is cut short is refused by its name through the library too', async () => {
		const session = await openOnnx();
		const whole = readFileSync(path.join(sharedModels, 'model2vec-64d/model.onnx'));
		const cut = placeFile(whole.subarray(0, whole.length - 1));
		const folder = path.dirname(cut);
		placeFile(readFileSync(path.join(sharedModels, 'model2vec-64d/config.json')), 'config.json', folder);
		const failure = await openEmbedding(await session.transformers(), folder).catch((error: unknown) => error);
		expect(failure).toSatisfy(error => MofaError.is(error, 'model-invalid'));
		expect(String(failure)).toContain(cut);
	});
});

type Library = Awaited<ReturnType<Awaited<ReturnType<typeof openOnnx>>['transformers']>>;
type Embedding = ((feeds: object) => Promise<object>) & {readonly sessions: Readonly<Record<string, ElasticSession>>};

async function openEmbedding(library: Library, folder = path.join(sharedModels, 'model2vec-64d')): Promise<Embedding> {
	const model = await library.AutoModel.from_pretrained(folder, {device: 'cpu', dtype: 'fp32', subfolder: ''});
	// Its types leave out what it is called with.
	return model as unknown as Embedding;
}
