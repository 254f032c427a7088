import {execFileSync} from 'node:child_process';
import {mkdtempSync, rmSync} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type {Client} from '../../../src/client/client.ts';
import {createHttpClient} from '../../../src/client/http-client.ts';
import {openInProcess} from '../../../src/daemon/in-process.ts';
import {currentPaths} from '../../../src/settings/paths.ts';
import {bareAnswer, bareModel, benchModel, interleaved, openSession, promptOf, rate, threads} from '../llama.ts';
import {median, mofaScript, paired, print} from '../measure.ts';

/**
 * One answer through the daemon (socket, HTTP, scheduler, runner process) against the same parts in this process,
 * and against the library alone.
 */
const file = benchModel();
const tokens = Number(process.env['MOFA_BENCH_TOKENS'] ?? 96);
const home = mkdtempSync(path.join(os.tmpdir(), 'mofa-bench-'));
Object.assign(process.env, {
	MOFA_HOME: home,
	MOFA_HOST: 'off',
	MOFA_THREADS: String(threads),
	MOFA_PARALLEL: '1',
	MOFA_CONTEXT_LENGTH: '1024',
});
try {
	execFileSync(process.execPath, [mofaScript, 'list'], {stdio: 'ignore'});
	await using daemon = createHttpClient({socketPath: currentPaths().socket});
	await using inProcess = await openInProcess();
	const bare = await bareModel((await openSession()).llama, file, 1, 1024);
	let asked = 0;
	const freshPrompt = (): string => bare.model.detokenize(promptOf(bare.model, 64, (asked += 1)));
	const shape = path.basename(file).replace(/\.gguf$/, '');

	await answer(daemon, freshPrompt(), 4);
	await answer(inProcess, freshPrompt(), 4);
	print({
		name: `first token through the daemon ÷ in process, ${shape}`,
		...(await paired(
			Number(process.env['MOFA_BENCH_ROUNDS'] ?? 15),
			async () => (await answer(daemon, freshPrompt(), 4)).firstMs,
			async () => (await answer(inProcess, freshPrompt(), 4)).firstMs,
		)),
		unit: 'ms',
		limit: 1.03,
		direction: 'below',
	});

	const prompt = promptOf(bare.model, 16, 1);
	const text = bare.model.detokenize(prompt);
	const {value, base} = await interleaved(
		Number(process.env['MOFA_BENCH_ROUNDS'] ?? 4),
		() => rate(async () => (await answer(daemon, text, tokens)).written),
		() => rate(() => bareAnswer(bare.model, bare.sequences[0]!, prompt, tokens)),
	);
	print({
		name: `tokens through the daemon ÷ the library in process, ${shape}`,
		ratio: value / base,
		limit: 0.97,
		direction: 'above',
		value,
		base,
		unit: 'tokens/s',
	});
	for (const [client, where] of [
		[daemon, 'through the daemon'],
		[inProcess, 'in process'],
	] as const)
		print({
			name: `from abort to the end of an answer, ${where}, ${shape}`,
			value: median(await repeated(9, () => abortMs(client, freshPrompt()))),
			unit: 'ms',
			limit: 50,
		});
} finally {
	execFileSync(process.execPath, [mofaScript, 'stop', '--all'], {stdio: 'ignore'});
	rmSync(home, {recursive: true, force: true});
}
process.exit(0);

async function answer(client: Client, prompt: string, maxTokens: number): Promise<{firstMs: number; written: number}> {
	const start = performance.now();
	let firstMs = Number.NaN;
	let written = 0;
	const events = client.run({
		model: file,
		task: 'completion',
		request: {prompt, maxTokens, sampling: {seed: 1}},
		signal: new AbortController().signal,
	});
	for await (const event of events) {
		if (event.type === 'completion-end') written = event.usage.completionTokens;
		else if (event.type === 'text-delta' && Number.isNaN(firstMs)) firstMs = performance.now() - start;
	}
	return {firstMs: Number.isNaN(firstMs) ? performance.now() - start : firstMs, written};
}

/** Aborts in the middle of a long answer; the model is free again when the stream has ended. */
async function abortMs(client: Client, prompt: string): Promise<number> {
	const abort = new AbortController();
	const request = {prompt, maxTokens: 400, sampling: {seed: 1}};
	let pieces = 0;
	let start = Number.NaN;
	try {
		for await (const event of client.run({model: file, task: 'completion', request, signal: abort.signal})) {
			if (event.type !== 'text-delta' || (pieces += 1) < 8 || abort.signal.aborted) continue;
			start = performance.now();
			abort.abort();
		}
	} catch {}
	return performance.now() - start;
}

async function repeated(times: number, measure: () => Promise<number>): Promise<readonly number[]> {
	const values: number[] = [];
	for (let time = 0; time < times; time += 1) values.push(await measure());
	return values;
}
