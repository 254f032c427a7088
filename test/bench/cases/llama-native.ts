import {execFileSync} from 'node:child_process';
import os from 'node:os';
import path from 'node:path';
import {asRunner} from '../as-runner.ts';
import {benchModel, engineAnswer, loadEngine, openSession, print, promptOf, rate} from '../llama.ts';

/**
 * Tokens each second of one answer against llama.cpp's own benchmark, given by MOFA_BENCH_LLAMA_BENCH, by turns, the best of
 * each; with one thread and with two, unless MOFA_BENCH_THREADS says otherwise.
 *
 * Both begin with an empty context, read one token for each that they write, and count each step once: of the prompt of two
 * tokens the first is kept from the answer before. mofa is measured as a runner has it, llama.cpp as its makers run it. What stays
 * unlike is against mofa: its answer is picked (top k, top p, min p, temperature, over the whole vocabulary), turned into text and
 * told; llama-bench looks at no result and takes tokens by chance.
 */
asRunner();
const binary = process.env['MOFA_BENCH_LLAMA_BENCH'];
if (binary === undefined) {
	process.stderr.write('skipped: set MOFA_BENCH_LLAMA_BENCH to a llama-bench binary\n');
	process.exit(0);
}
const tokens = Number(process.env['MOFA_BENCH_TOKENS'] ?? 64);
const rounds = Number(process.env['MOFA_BENCH_ROUNDS'] ?? 6);
const chosen = process.env['MOFA_BENCH_THREADS'];
const counts = chosen === undefined ? [1, 2].filter(count => count <= os.availableParallelism()) : [Number(chosen)];
const file = benchModel();
const shape = path.basename(file).replace(/\.gguf$/, '');
const engine = await loadEngine(await openSession(), file, 1, 1024, Math.max(...counts));
const prompt = promptOf(engine.model, 2, 1);

for (const threads of counts) {
	engine.setThreads(threads);
	await engineAnswer(engine, prompt, 8);
	let value = 0;
	let base = 0;
	for (let round = 0; round < rounds; round += 1) {
		base = Math.max(base, nativeRate(binary, threads));
		value = Math.max(value, await rate(() => engineAnswer(engine, prompt, tokens)));
	}
	print({
		name: `llama: one answer ÷ native llama.cpp, ${shape}, ${threads === 1 ? 'one thread' : `${threads} threads`}`,
		ratio: value / base,
		limit: 0.95,
		direction: 'above',
		value,
		base,
		unit: 'tokens/s',
	});
}
await engine[Symbol.asyncDispose]();
process.exit(0);

function nativeRate(program: string, threads: number): number {
	const flags = `-t ${threads} -p 0 -n ${tokens} -r 1 -o json`;
	const output = execFileSync(program, ['-m', file, ...flags.split(' ')], {
		// Without what asRunner has set.
		env: {...process.env, GLIBC_TUNABLES: ''},
		stdio: ['ignore', 'pipe', 'ignore'],
		encoding: 'utf8',
	});
	const rows = JSON.parse(output) as ReadonlyArray<{readonly avg_ts: number}>;
	return rows[0]?.avg_ts ?? 0;
}
