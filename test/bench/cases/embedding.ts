/**
 * What a batch of texts costs through the adapter, tokens and all, beside the same tensors on the bare runtime; and how much
 * faster many texts are at once than one by one, in this process and through the daemon. Of the encoder in
 * MOFA_BENCH_ENCODER, else of the one that ships with mofa, else of a tiny one: of that only what comes of many texts at once.
 *
 * The two say different things. What a client meets is mostly what a request costs, and the limit is on that. Computing alone, on
 * one core, a batch saves little, since a single text keeps the core busy already: 1.7 to 1.9 with the small one that ships, 1.5
 * with a network of MiniLM's size, which comes to 2.2 through the daemon and so misses the limit.
 */
import {execFileSync} from 'node:child_process';
import {existsSync, mkdtempSync, rmSync} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {sentenceEncoder} from '../../../src/adapters/sentence-encoder.ts';
import {onnx} from '../../../src/backends/onnx/onnx.ts';
import {sessionOptions} from '../../../src/backends/onnx/session-options.ts';
import {textBatches} from '../../../src/backends/onnx/text-batches.ts';
import {tokenFeeds} from '../../../src/backends/onnx/token-feeds.ts';
import {createHttpClient} from '../../../src/client/http-client.ts';
import {currentPaths} from '../../../src/settings/paths.ts';
import {lengthBatches} from '../../../src/tasks/text-rows/length-batches.ts';
import {readRowTokenizer} from '../../../src/tasks/text-rows/row-tokenizer.ts';
import {loadHere, modelAt} from '../../helpers/real-sound.ts';
import {embedded} from '../../helpers/vectors.ts';
import {mofaScript, paired, print, processorTime} from '../measure.ts';
import {sentences} from '../sentences.ts';

const starter = path.resolve('registry/starter/finder');
const shipped = existsSync(path.join(starter, 'manifest.json')) ? starter : undefined;
const real = process.env['MOFA_BENCH_ENCODER'] ?? shipped;
const folder = real ?? path.resolve('test/fixtures/embedding/bert');
const inputs = sentences(64);

const time = async (work: () => Promise<unknown>): Promise<number> => {
	const start = performance.now();
	await work();
	return performance.now() - start;
};
const model = await modelAt(folder);
{
	await using engine = await loadHere(sentenceEncoder, model);
	const tokenizer = await readRowTokenizer(folder, model.paths);
	const rows = inputs.map(input => [...tokenizer.before, ...tokenizer.tokens(input), ...tokenizer.after]);
	const signal = new AbortController().signal;
	const device = {platform: 'linux', arch: 'x64', pools: {ram: 8e9}, cores: 2, accelerators: []} as const;
	await using session = await onnx.open({signal, device, threads: 1});
	const bare = await session.module.InferenceSession.create(model.paths['weights'] ?? '', sessionOptions(1));
	const batches = lengthBatches(
		rows.map(row => row.length),
		textBatches(session),
	).map(batch => batch.flatMap(index => [rows[index] ?? []]));
	const feeds = batches.map(batch =>
		tokenFeeds(session.module, {rows: batch, padding: tokenizer.padding}, bare.inputNames),
	);
	const whole = (): Promise<unknown> => embedded(engine, {inputs});
	const alone = async (): Promise<void> => {
		for (const input of inputs) await embedded(engine, {inputs: [input]});
	};
	const onBare = async (): Promise<void> => {
		for (const feed of feeds) await bare.run(feed);
	};

	if (real !== undefined) {
		const overhead = await paired(
			30,
			() => processorTime(whole),
			() => processorTime(onBare),
		);
		print({name: '64 texts through the adapter ÷ bare runtime', ...overhead, unit: 'ms of processor', limit: 1.1});
	}
	const batched = await paired(
		20,
		() => processorTime(alone),
		() => processorTime(whole),
	);
	print({name: '64 texts one by one ÷ at once, computing alone', ...batched, unit: 'ms of processor'});
	await bare.release();
}

const home = mkdtempSync(path.join(os.tmpdir(), 'mofa-bench-'));
Object.assign(process.env, {MOFA_HOME: home, MOFA_HOST: 'off', MOFA_THREADS: '1'});
try {
	execFileSync(process.execPath, [mofaScript, 'list'], {stdio: 'ignore'});
	await using daemon = createHttpClient({socketPath: currentPaths().socket});
	const ask = async (texts: readonly string[]): Promise<void> => {
		const {signal} = new AbortController();
		for await (const event of daemon.run({model: folder, task: 'embedding', request: {inputs: texts}, signal}))
			if (event.type === 'embedding-end') return;
	};
	const through = await paired(
		10,
		() =>
			time(async () => {
				for (const input of inputs) await ask([input]);
			}),
		() => time(() => ask(inputs)),
	);
	print({
		name: '64 texts one by one ÷ at once, through the daemon',
		...through,
		unit: 'ms',
		limit: 3,
		direction: 'above',
	});
	await daemon.shutdown();
} finally {
	rmSync(home, {recursive: true, force: true});
}
