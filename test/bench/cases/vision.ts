/**
 * What an answer about a picture costs through the adapter, beside the same graphs on the bare runtime with the same tensors:
 * the tokens one after the other, picked and turned into text. Of the model in MOFA_BENCH_VISION, a folder with one build; of the tiny one of the
 * tests, whose network takes next to no time, the share of everything around it is large.
 */
import path from 'node:path';
import type {InferenceSession, Tensor} from 'onnxruntime-node';
import {openParts} from '../../../src/adapters/vision-chat/open-parts.ts';
import {onnx} from '../../../src/backends/onnx/onnx.ts';
import {sessionOptions} from '../../../src/backends/onnx/session-options.ts';
import {folderModel} from '../../helpers/speech-model.ts';
import {answered, loadVision, rulePicture, visionFixture} from '../../helpers/vision.ts';
import {paired, print} from '../measure.ts';

const real = process.env['MOFA_BENCH_VISION'];
const folder = path.resolve(real ?? visionFixture('idefics3'));
const count = 64;
const signal = new AbortController().signal;
const device = {platform: 'linux', arch: 'x64', pools: {ram: 8e9}, cores: 2, accelerators: []} as const;

const image = rulePicture([64, 64, 1]);
const messages = [
	{
		role: 'user',
		content: [
			{type: 'image', image},
			{type: 'text', text: 'What is this?'},
		],
	},
] as const;
await using engine = await loadVision(folder);
const ask = (): ReturnType<typeof answered> =>
	answered(engine, {messages, maxTokens: count, sampling: {temperature: 0}, stop: ['never said, never seen']});

const model = await folderModel(folder);
await using session = await onnx.open({signal, device, threads: 1});
const parts = await openParts(model, session, () => undefined);
const open = (role: string): Promise<InferenceSession> =>
	session.module.InferenceSession.create(model.paths[role] ?? '', sessionOptions(1));
const table = await open('weights-embed_tokens');
const decoder = await open('weights-decoder_model_merged');
const picture = await parts.encoder.see(image, 'image', {signal, warn() {}});
const prompt = parts.prompts.make({messages}, [picture], {warn() {}});

const long = (values: readonly number[], dims: readonly number[]): Tensor =>
	new session.module.Tensor('int64', BigInt64Array.from(values, BigInt), dims);
const empty = Object.fromEntries(
	decoder.inputMetadata.flatMap(value => {
		if (!value.isTensor || !value.name.startsWith('past_')) return [];
		const dims = value.shape.map(size => (typeof size === 'number' ? size : size === 'batch_size' ? 1 : 0));
		return [[value.name, new session.module.Tensor('float32', new Float32Array(), dims)]];
	}),
);

/** The decoder's calls of one answer, with nothing between them; the prompt's own are left out of the time. */
async function bareTokens(written: number): Promise<number> {
	let past: Record<string, Tensor> = empty;
	const step = async (tokens: readonly number[], at: number): Promise<void> => {
		const {inputs_embeds} = await table.run({input_ids: long(tokens, [1, tokens.length])});
		const total = at + tokens.length;
		const outputs = await decoder.run({
			...past,
			inputs_embeds: inputs_embeds as Tensor,
			attention_mask: long(
				Array.from({length: total}, () => 1),
				[1, total],
			),
			position_ids: long(
				Array.from({length: tokens.length}, (_, index) => at + index),
				[1, tokens.length],
			),
		});
		past = Object.fromEntries(
			Object.entries(outputs).flatMap(([name, tensor]) =>
				name === 'logits' ? [] : [[name.replace('present', 'past_key_values'), tensor as Tensor]],
			),
		);
	};
	await step(prompt.tokens, 0);
	const start = performance.now();
	for (let index = 0; index < written - 1; index += 1) await step([5], prompt.tokens.length + index);
	return performance.now() - start;
}

const {usage} = await ask();
const tokens = await paired(
	10,
	async () => (await ask()).usage.completionMs,
	() => bareTokens(usage.completionTokens),
);
print({
	name: `${usage.completionTokens} tokens about a picture ÷ the bare graphs`,
	...tokens,
	unit: 'ms',
	limit: real === undefined ? 2 : 1.1,
});
await Promise.all([table.release(), decoder.release()]);
