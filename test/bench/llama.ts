import {execFileSync} from 'node:child_process';
import {createHash} from 'node:crypto';
import {existsSync, mkdirSync, statSync} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type {Llama, LlamaContextSequence, LlamaModel, Token} from 'node-llama-cpp';
import {llama, type LlamaSession} from '../../src/backends/llama/llama.ts';
import {LoadedModel} from '../../src/backends/llama/loaded-model.ts';
import {isMapped} from '../../src/backends/llama/model-memory.ts';
import {resolveSampling} from '../../src/backends/llama/sampling.ts';
import type {Device} from '../../src/contract/backend.ts';
import type {InstalledModel} from '../../src/contract/manifest.ts';

/** What every bench case of the llama backend needs: a model of a realistic shape, mofa's engine, the bare library. */

export interface Result {
	readonly name: string;
	readonly ratio: number;
	readonly limit: number;
	/** Whether the ratio must stay below or above the limit. */
	readonly direction: 'below' | 'above';
	readonly value: number;
	readonly base: number;
	readonly unit: string;
}

const never: AbortSignal = new AbortController().signal;
export const threads: number = Number(process.env['MOFA_BENCH_THREADS'] ?? 1);
export const device: Device = {
	platform: 'linux',
	arch: 'x64',
	pools: {ram: 64e9},
	cores: Math.max(threads, os.availableParallelism()),
	accelerators: [],
};

export function print(result: Result): void {
	process.stdout.write(`${JSON.stringify(result)}\n`);
}

/** `MOFA_BENCH_MODEL`, else one with random weights, written once. Leaves the process where neither can be had. */
export function benchModel(preset = 'smollm2-135m', type = 'Q8_0'): string {
	const chosen = process.env['MOFA_BENCH_MODEL'];
	if (chosen !== undefined) return chosen;
	const folder = path.join(os.tmpdir(), 'mofa-bench');
	const file = path.join(folder, `${preset}-${type}.gguf`);
	const maker = path.resolve('../shared/tools/make_gguf.py');
	if (existsSync(file)) return file;
	if (!existsSync(maker)) {
		process.stderr.write('skipped: set MOFA_BENCH_MODEL to a GGUF file\n');
		process.exit(0);
	}
	mkdirSync(folder, {recursive: true});
	execFileSync('python3', [maker, '--preset', preset, '--type', type, '-o', file], {stdio: 'ignore'});
	return file;
}

/**
 * A model of a real shape that always says the same, token by token of about a word: when an answer can be heard depends on
 * where its clauses end. Written once; undefined where it cannot be.
 */
export function talkingModel(text: string, preset = 'smollm2-135m', type = 'Q8_0'): string | undefined {
	const folder = path.join(os.tmpdir(), 'mofa-bench');
	const name = createHash('sha256').update(text).digest('hex').slice(0, 12);
	const file = path.join(folder, `talking-${preset}-${type}-${name}.gguf`);
	const maker = path.resolve('../shared/tools/make_gguf.py');
	if (existsSync(file)) return file;
	if (!existsSync(maker)) return undefined;
	mkdirSync(folder, {recursive: true});
	const script = path.resolve('test/bench/talking_model.py');
	execFileSync('python3', [script, maker, preset, type, text, file], {stdio: 'ignore'});
	return file;
}

export async function openSession(): Promise<LlamaSession> {
	return llama.open({signal: never, device, threads});
}

/** mofa's engine without template and parsing. */
export function loadEngine(
	session: LlamaSession,
	file: string,
	slots: number,
	contextLength: number,
	most: number = threads,
): Promise<LoadedModel> {
	return LoadedModel.load(session, {
		name: 'bench',
		path: file,
		shape: {contextLength, slots, batchSize: 256},
		threads: most,
		cores: device.cores,
		pool: 'ram',
		mapped: isMapped(device, installed(file)),
		signal: never,
		progress: () => undefined,
	});
}

/** As the catalogue would have it; the file's name says how its weights are written. */
function installed(file: string): InstalledModel {
	const quantization = /[-.]((?:I?Q|MXFP)\d\w*|B?F16|F32)\.gguf$/i.exec(file)?.[1];
	const files = [{role: 'weights', url: `file://${file}`, bytes: statSync(file).size}];
	const variant = {tag: 'bench', format: 'gguf', files, ...(quantization === undefined ? {} : {quantization})};
	return {
		id: 'bench',
		manifest: {schema: 1, name: 'bench', family: 'llama', tasks: ['chat'], license: 'none', variants: [variant]},
		variant,
		paths: {weights: file},
	};
}

/** One answer of the engine; returns the tokens written. */
export async function engineAnswer(engine: LoadedModel, tokens: readonly Token[], maxTokens: number): Promise<number> {
	const outcome = await engine.answer(
		{tokens, maxTokens, sampling: resolveSampling({seed: 1}), kept: new Set(), take: () => 'more'},
		never,
	);
	return outcome.completionTokens;
}

/** The same by the library alone, as its documentation has it. */
export async function bareAnswer(
	model: LlamaModel,
	sequence: LlamaContextSequence,
	tokens: readonly Token[],
	maxTokens: number,
): Promise<number> {
	await sequence.clearHistory();
	const options = {temperature: 0.8, topK: 40, topP: 0.95, minP: 0.05, seed: 1};
	const written: Token[] = [];
	for await (const token of sequence.evaluate([...tokens], options)) {
		if (model.isEogToken(token)) break;
		written.push(token);
		model.detokenize([token], false, written.slice(-4, -1));
		if (written.length >= maxTokens) break;
	}
	return written.length;
}

export async function bareModel(
	instance: Llama,
	file: string,
	sequences: number,
	contextSize: number,
): Promise<{
	readonly model: LlamaModel;
	readonly sequences: readonly LlamaContextSequence[];
}> {
	instance.maxThreads = threads;
	const model = await instance.loadModel({modelPath: file});
	const context = await model.createContext({contextSize, sequences, threads});
	return {model, sequences: Array.from({length: sequences}, () => context.getSequence())};
}

/** Different tokens for each chat, so that no prefix is shared; the same in every run. */
export function promptOf(model: LlamaModel, length: number, chat: number): Token[] {
	const words = Array.from({length: length * 2}, (_, index) => `w${(index * 7919 + chat * 104_729) % 9973}`).join(' ');
	const tokens = model.tokenize(words);
	return tokens.slice(0, length);
}

/** Tokens for each second of `work`, which returns how many it made. */
export async function rate(work: () => Promise<number>): Promise<number> {
	const start = performance.now();
	const tokens = await work();
	return tokens / ((performance.now() - start) / 1000);
}

/** Runs both by turns and gives the best of each: what disturbs one round disturbs both. */
export async function interleaved(
	rounds: number,
	value: () => Promise<number>,
	base: () => Promise<number>,
): Promise<{readonly value: number; readonly base: number}> {
	const best = {value: 0, base: 0};
	for (let round = 0; round < rounds; round += 1) {
		best.base = Math.max(best.base, await base());
		best.value = Math.max(best.value, await value());
	}
	return best;
}
