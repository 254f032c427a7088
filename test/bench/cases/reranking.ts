/**
 * What a question with many texts costs through the adapter, tokens and all, beside the same tensors on the bare runtime. Of the
 * ranker in MOFA_BENCH_RANKER, else of the one that ships with mofa; without either there is nothing to measure.
 */
import {existsSync} from 'node:fs';
import path from 'node:path';
import {crossEncoder} from '../../../src/adapters/cross-encoder.ts';
import {onnx} from '../../../src/backends/onnx/onnx.ts';
import {sessionOptions} from '../../../src/backends/onnx/session-options.ts';
import {textBatches} from '../../../src/backends/onnx/text-batches.ts';
import {tokenFeeds} from '../../../src/backends/onnx/token-feeds.ts';
import {lengthBatches} from '../../../src/tasks/text-rows/length-batches.ts';
import {pairRow} from '../../../src/tasks/text-rows/pair-rows.ts';
import {readRowTokenizer} from '../../../src/tasks/text-rows/row-tokenizer.ts';
import {ranked} from '../../helpers/ranks.ts';
import {loadHere, modelAt} from '../../helpers/real-sound.ts';
import {paired, print, processorTime} from '../measure.ts';
import {sentences} from '../sentences.ts';

const starter = path.resolve('registry/starter/ranker');
const shipped = existsSync(path.join(starter, 'manifest.json')) ? starter : undefined;
const folder = process.env['MOFA_BENCH_RANKER'] ?? shipped;
if (folder === undefined) throw new Error('MOFA_BENCH_RANKER names a folder with a cross-encoder');

const query = 'How do I see which models are loaded?';
const documents = sentences(64);
const model = await modelAt(folder);
await using engine = await loadHere(crossEncoder, model);
const tokenizer = await readRowTokenizer(folder, model.paths);
const {pair} = tokenizer;
if (pair === null) throw new Error('its tokenizer does not say how two texts stand together');
const asked = tokenizer.tokens(query);
const rows = documents.map(document => pairRow(asked, tokenizer.tokens(document), pair, Infinity));
const signal = new AbortController().signal;
const device = {platform: 'linux', arch: 'x64', pools: {ram: 8e9}, cores: 2, accelerators: []} as const;
await using session = await onnx.open({signal, device, threads: 1});
const bare = await session.module.InferenceSession.create(model.paths['weights'] ?? '', sessionOptions(1));
const feeds = lengthBatches(
	rows.map(({ids}) => ids.length),
	textBatches(session),
).map(batch => {
	const some = batch.flatMap(index => rows[index] ?? []);
	return tokenFeeds(
		session.module,
		{rows: some.map(({ids}) => ids), types: some.map(({types}) => types), padding: tokenizer.padding},
		bare.inputNames,
	);
});

const overhead = await paired(
	30,
	() => processorTime(() => ranked(engine, {query, documents})),
	() =>
		processorTime(async () => {
			for (const feed of feeds) await bare.run(feed);
		}),
);
print({
	name: 'a question with 64 texts through the adapter ÷ bare runtime',
	...overhead,
	unit: 'ms of processor',
	limit: 1.1,
});
await bare.release();
