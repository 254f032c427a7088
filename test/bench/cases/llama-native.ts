import {execFileSync} from 'node:child_process';
import {benchModel, engineAnswer, loadEngine, openSession, print, promptOf, rate, threads} from '../llama.ts';

/** Tokens each second of one answer against llama.cpp's own benchmark, given by MOFA_BENCH_LLAMA_BENCH. */
const binary = process.env['MOFA_BENCH_LLAMA_BENCH'];
if (binary === undefined) {
	process.stderr.write('skipped: set MOFA_BENCH_LLAMA_BENCH to a llama-bench binary\n');
	process.exit(0);
}
const tokens = Number(process.env['MOFA_BENCH_TOKENS'] ?? 64);
const file = benchModel();
const engine = await loadEngine(await openSession(), file, 1, 1024);
const prompt = promptOf(engine.model, 2, 1);
await engineAnswer(engine, prompt, 8);

let value = 0;
let base = 0;
for (let round = 0; round < Number(process.env['MOFA_BENCH_ROUNDS'] ?? 4); round += 1) {
	base = Math.max(base, nativeRate(binary));
	value = Math.max(value, await rate(() => engineAnswer(engine, prompt, tokens)));
}
print({
	name: `llama: one answer ÷ native llama.cpp, ${threads} threads`,
	ratio: value / base,
	limit: 0.95,
	direction: 'above',
	value,
	base,
	unit: 'tokens/s',
});
await engine[Symbol.asyncDispose]();
process.exit(0);

function nativeRate(program: string): number {
	const flags = `-t ${threads} -p 0 -n ${tokens} -r 1 -o json`;
	const output = execFileSync(program, ['-m', file, ...flags.split(' ')], {
		stdio: ['ignore', 'pipe', 'ignore'],
		encoding: 'utf8',
	});
	const rows = JSON.parse(output) as ReadonlyArray<{readonly avg_ts: number}>;
	return rows[0]?.avg_ts ?? 0;
}
