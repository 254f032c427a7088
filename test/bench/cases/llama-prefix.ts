import {benchModel, loadEngine, openSession, print, promptOf} from '../llama.ts';
import {resolveSampling} from '../../../src/backends/llama/sampling.ts';

/** Time to the first token of a 512-token prompt seen before, against the same length unseen. */
const length = 512;
const file = benchModel();
const engine = await loadEngine(await openSession(), file, 2, 1024);
const firstToken = async (chat: number): Promise<number> => {
	const start = performance.now();
	let at = start;
	await engine.answer(
		{
			tokens: promptOf(engine.model, length, chat),
			maxTokens: 1,
			sampling: resolveSampling({temperature: 0}),
			kept: new Set(),
			take() {
				at = performance.now();
				return 'enough';
			},
		},
		new AbortController().signal,
	);
	return at === start ? performance.now() - start : at - start;
};

let cold = Infinity;
let warm = Infinity;
for (let round = 1; round <= 3; round += 1) {
	cold = Math.min(cold, await firstToken(round));
	warm = Math.min(warm, await firstToken(round));
}
print({
	name: 'llama: repeated 512-token prefix ÷ cold',
	ratio: warm / cold,
	limit: 0.15,
	direction: 'below',
	value: warm,
	base: cold,
	unit: 'ms',
});
await engine[Symbol.asyncDispose]();
process.exit(0);
