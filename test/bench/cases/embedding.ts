/**
 * What a batch of texts costs through the adapter, tokens and all, beside the same tensors on the bare runtime; and how much
 * faster many texts are at once than one by one. Of the encoder in MOFA_BENCH_ENCODER; of a tiny one, whose network takes less
 * time than its tokens, only the second.
 */
import path from 'node:path';
import {sentenceEncoder} from '../../../src/adapters/sentence-encoder.ts';
import {onnx} from '../../../src/backends/onnx/onnx.ts';
import {sessionOptions} from '../../../src/backends/onnx/session-options.ts';
import {tokenFeeds} from '../../../src/backends/onnx/token-feeds.ts';
import {readRowTokenizer} from '../../../src/tasks/text-rows/row-tokenizer.ts';
import {loadHere, modelAt} from '../../helpers/real-sound.ts';
import {embedded} from '../../helpers/vectors.ts';
import {paired, print} from '../measure.ts';

const real = process.env['MOFA_BENCH_ENCODER'];
const folder = real ?? path.resolve('test/fixtures/embedding/bert');
const words = 'the cat and a dog sat on red moon where blue house is'.split(' ');
const text = (index: number): string => Array.from({length: 12}, (_, at) => words[(index * 5 + at * 7) % 13]).join(' ');
const inputs = Array.from({length: 64}, (_, index) => text(index));

const model = await modelAt(folder);
await using engine = await loadHere(sentenceEncoder, model);
const tokenizer = await readRowTokenizer(folder, model.paths);
const rows = inputs.map(input => [...tokenizer.before, ...tokenizer.tokens(input), ...tokenizer.after]);
const signal = new AbortController().signal;
const device = {platform: 'linux', arch: 'x64', pools: {ram: 8e9}, cores: 2, accelerators: []} as const;
await using session = await onnx.open({signal, device, threads: 1});
const bare = await session.module.InferenceSession.create(model.paths['weights'] ?? '', sessionOptions(1));
const feeds = tokenFeeds(session.module, {rows, padding: tokenizer.padding}, bare.inputNames);

const time = async (work: () => Promise<unknown>): Promise<number> => {
	const start = performance.now();
	await work();
	return performance.now() - start;
};
const whole = (): Promise<unknown> => embedded(engine, {inputs});
const alone = async (): Promise<void> => {
	for (const input of inputs) await embedded(engine, {inputs: [input]});
};

if (real !== undefined) {
	const overhead = await paired(
		20,
		() => time(whole),
		() => time(() => bare.run(feeds)),
	);
	print({name: '64 texts through the adapter ÷ bare runtime', ...overhead, unit: 'ms', limit: 1.1});
}
const batched = await paired(
	10,
	() => time(alone),
	() => time(whole),
);
print({name: '64 texts one by one ÷ at once', ...batched, unit: 'ms', limit: 3, direction: 'above'});
await bare.release();
