import {
	bareAnswer,
	bareModel,
	benchModel,
	engineAnswer,
	interleaved,
	loadEngine,
	openSession,
	print,
	promptOf,
	rate,
} from '../llama.ts';

/** Eight chats at once: mofa's batch loop against eight plain loops over the library. */
const chats = 8;
const promptLength = 32;
const tokens = 48;

const file = benchModel();
const session = await openSession();
const engine = await loadEngine(session, file, chats, 512);
const useful = engine.usefulThreads;
const otherSession = await openSession();
const bare = await bareModel(otherSession.llama, file, chats, 512);
const each = Array.from({length: chats}, (_, chat) => chat);
let round = 0;
const prompts = (): ReturnType<typeof promptOf>[] =>
	each.map(chat => promptOf(engine.model, promptLength, chat + round * chats));
const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);

const {value, base} = await interleaved(
	Number(process.env['MOFA_BENCH_ROUNDS'] ?? 3),
	() => rate(async () => sum(await Promise.all(prompts().map(prompt => engineAnswer(engine, prompt, tokens))))),
	() => {
		round += 1;
		return rate(async () =>
			sum(
				await Promise.all(
					prompts().map((prompt, chat) => bareAnswer(bare.model, bare.sequences[chat]!, prompt, tokens)),
				),
			),
		);
	},
);
print({
	name: 'llama: 8 parallel chats ÷ the library alone',
	ratio: value / base,
	limit: 0.95,
	direction: 'above',
	value,
	base,
	unit: 'tokens/s',
});
if (process.env['MOFA_BENCH_VERBOSE']) process.stderr.write(`useful threads ${useful}\n`);
await engine[Symbol.asyncDispose]();
process.exit(0);
