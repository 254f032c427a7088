import {collectChat, loadChat} from '../llama-chat.ts';
import {bareAnswer, bareModel, benchModel, interleaved, openSession, print, promptOf, rate} from '../llama.ts';

/** Tokens each second of one chat through the whole adapter, against a plain loop over the library, in one process. */
const tokens = Number(process.env['MOFA_BENCH_TOKENS'] ?? 64);
const file = benchModel();
const engine = await loadChat(file, {slots: 1, contextLength: 1024});
const bare = await bareModel((await openSession()).llama, file, 1, 1024);
const prompt = promptOf(bare.model, 16, 1);
const text = bare.model.detokenize(prompt);

const {value, base} = await interleaved(
	Number(process.env['MOFA_BENCH_ROUNDS'] ?? 4),
	() => rate(() => collectChat(engine, text, tokens)),
	() => rate(() => bareAnswer(bare.model, bare.sequences[0]!, prompt, tokens)),
);
print({
	name: 'llama: one chat ÷ the library alone',
	ratio: value / base,
	limit: 0.97,
	direction: 'above',
	value,
	base,
	unit: 'tokens/s',
});
await engine[Symbol.asyncDispose]();
process.exit(0);
