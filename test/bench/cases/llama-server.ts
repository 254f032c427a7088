import {spawn} from 'node:child_process';
import {createServer, type AddressInfo} from 'node:net';
import {setTimeout as sleep} from 'node:timers/promises';
import type {Token} from 'node-llama-cpp';
import {
	benchModel,
	engineAnswer,
	interleaved,
	loadEngine,
	openSession,
	print,
	promptOf,
	rate,
	threads,
} from '../llama.ts';

/** Eight chats at once: mofa's engine against the slots of llama.cpp's own server, given by MOFA_BENCH_LLAMA_SERVER. */
const binary = process.env['MOFA_BENCH_LLAMA_SERVER'];
if (binary === undefined) {
	process.stderr.write('skipped: set MOFA_BENCH_LLAMA_SERVER to a llama-server binary\n');
	process.exit(0);
}
const chats = 8;
const promptLength = 32;
const tokens = 48;
const contextLength = 512;

const file = benchModel();
const port = await freePort();
const flags = `--host 127.0.0.1 --port ${port} -np ${chats} -c ${chats * contextLength} -t ${threads} -tb ${threads} -b 512 -ub 512`;
const server = spawn(binary, ['-m', file, ...flags.split(' ')], {stdio: 'ignore'});
process.on('exit', () => server.kill('SIGKILL'));
await ready();
const engine = await loadEngine(await openSession(), file, chats, contextLength);
const each = Array.from({length: chats}, (_, chat) => chat);
let round = 0;
const prompts = (): Token[][] => each.map(chat => promptOf(engine.model, promptLength, chat + round * chats));
const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);

const {value, base} = await interleaved(
	Number(process.env['MOFA_BENCH_ROUNDS'] ?? 3),
	() => rate(async () => sum(await Promise.all(prompts().map(prompt => engineAnswer(engine, prompt, tokens))))),
	() => {
		round += 1;
		return rate(async () => sum(await Promise.all(prompts().map(serverAnswer))));
	},
);
print({
	name: 'llama: 8 parallel chats ÷ llama-server',
	ratio: value / base,
	limit: 0.8,
	direction: 'above',
	value,
	base,
	unit: 'tokens/s',
});
await engine[Symbol.asyncDispose]();
process.exit(0);

/** Streams, as mofa's engine does. */
async function serverAnswer(prompt: readonly Token[]): Promise<number> {
	const response = await fetch(`http://127.0.0.1:${port}/completion`, {
		method: 'POST',
		headers: {'content-type': 'application/json'},
		body: JSON.stringify({
			prompt,
			n_predict: tokens,
			stream: true,
			seed: 1,
			temperature: 0.8,
			top_k: 40,
			top_p: 0.95,
			min_p: 0.05,
		}),
	});
	const text = await response.text();
	const predicted = /"tokens_predicted":(\d+)(?![\s\S]*"tokens_predicted")/.exec(text);
	return Number(predicted?.[1] ?? 0);
}

async function ready(): Promise<void> {
	for (let attempt = 0; attempt < 200; attempt += 1) {
		const response = await fetch(`http://127.0.0.1:${port}/health`).catch(() => undefined);
		if (response?.ok) return;
		await sleep(100);
	}
	throw new Error('llama-server did not start');
}

function freePort(): Promise<number> {
	return new Promise(resolve => {
		const probe = createServer().listen(0, '127.0.0.1', () => {
			const {port: free} = probe.address() as AddressInfo;
			probe.close(() => resolve(free));
		});
	});
}
