import {execFileSync} from 'node:child_process';
import {mkdtempSync, rmSync} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type {Client} from '../../../src/client/client.ts';
import {createHttpClient} from '../../../src/client/http-client.ts';
import type {AnyPacket} from '../../../src/contract/stage.ts';
import {createPipelines} from '../../../src/pipelines/create-pipelines.ts';
import {currentPaths} from '../../../src/settings/paths.ts';
import {withoutMarkdown} from '../../../src/tasks/stage/without-markdown.ts';
import {mofaScript, paired, print} from '../measure.ts';
import {answerAloud, writers, type Writer} from '../talk.ts';

/** What a hop between two stages costs, and how much sooner an answer is heard when the stages overlap. */
const stages = 8;
const packets = 5000;
const rounds = Number(process.env['MOFA_BENCH_ROUNDS'] ?? 7);
const text = (value: string): AnyPacket => ({type: 'value', medium: 'text', value});

print({name: `one hop of a packet between stages, p99 of ${packets}`, value: await hopMs(), unit: 'ms', limit: 1});

const home = mkdtempSync(path.join(os.tmpdir(), 'mofa-bench-'));
// More threads than free cores make a busy machine crawl, and both sides of a ratio with it.
Object.assign(process.env, {
	MOFA_HOME: home,
	MOFA_HOST: 'off',
	MOFA_THREADS: process.env['MOFA_BENCH_THREADS'] ?? '1',
});
try {
	execFileSync(process.execPath, [mofaScript, 'list'], {stdio: 'ignore'});
	await using daemon = createHttpClient({socketPath: currentPaths().socket});
	for (const writer of writers()) {
		const {name, questions} = writer;
		let turn = -1;
		/** Both of a pair are asked the same. */
		const next = (): string => questions[Math.floor((turn += 1) / 2) % questions.length] ?? '';
		const turns = rounds * questions.length;
		const whole = await paired(
			turns,
			() => firstSound(daemon, writer, next()),
			() => inTurn(daemon, writer, next(), 'whole'),
		);
		// One short sentence of a toy is half said with its first clause, and what is done once for each pipeline is a third of it.
		const limit = writer.model === 'guide' && questions.length === 2 ? {} : {limit: 0.35};
		print({
			name: `first sound of llm tts ÷ the sound after one stage and then the other, ${name}`,
			...whole,
			unit: 'ms',
			...limit,
		});
		const first = await paired(
			turns,
			() => firstSound(daemon, writer, next()),
			() => inTurn(daemon, writer, next(), 'first'),
		);
		print({name: `first sound of llm tts ÷ the first sound after the whole text, ${name}`, ...first, unit: 'ms'});
		const total = await paired(
			turns,
			() => wholePipeline(daemon, writer, next()),
			() => inTurn(daemon, writer, next(), 'whole'),
		);
		print({name: `all of llm tts ÷ one stage and then the other, ${name}`, ...total, unit: 'ms'});
	}
} finally {
	execFileSync(process.execPath, [mofaScript, 'stop', '--all'], {stdio: 'ignore'});
	rmSync(home, {recursive: true, force: true});
}
process.exit(0);

/** One packet at a time through a chain without models. */
async function hopMs(): Promise<number> {
	const chain = Array.from({length: stages}, () => 'filter');
	const pipelines = createPipelines({
		leases: {
			lease() {
				throw new Error('no stage has a model');
			},
		},
		tasks: {},
		defaultModel() {
			throw new Error('no stage has a model');
		},
		model() {
			throw new Error('no stage has a model');
		},
		accepts: async () => [],
		capacity: () => ({}),
	});
	const times: number[] = [];
	let sent = 0;
	let arrive = (): void => undefined;
	async function* input(): AsyncGenerator<AnyPacket> {
		for (let packet = 0; packet < packets; packet += 1) {
			const arrived = new Promise<void>(resolve => {
				arrive = resolve;
			});
			sent = performance.now();
			yield text('a');
			await arrived;
		}
	}
	for await (const event of pipelines.run({
		pipeline: {stages: chain},
		input: input(),
		signal: new AbortController().signal,
	})) {
		if (event.type !== 'packet-out' || event.packet.type !== 'value') continue;
		times.push((performance.now() - sent) / stages);
		arrive();
	}
	return times.toSorted((a, b) => a - b)[Math.floor(times.length * 0.99)] ?? Number.NaN;
}

/** Milliseconds from the question to the first samples. */
async function firstSound(client: Client, writer: Writer, question: string): Promise<number> {
	const start = performance.now();
	let first = Number.NaN;
	for await (const event of answerAloud(client, writer, text(question)))
		if (Number.isNaN(first) && event.type === 'packet-out' && event.packet.type === 'value')
			first = performance.now() - start;
	return first;
}

async function wholePipeline(client: Client, writer: Writer, question: string): Promise<number> {
	const start = performance.now();
	for await (const _ of answerAloud(client, writer, text(question))) continue;
	return performance.now() - start;
}

/** Milliseconds until the answer is written, and then all or the first of it is sound. */
async function inTurn(
	client: Client,
	{model, maxTokens}: Writer,
	question: string,
	until: 'whole' | 'first',
): Promise<number> {
	const start = performance.now();
	const {signal} = new AbortController();
	let answer = '';
	const request = {messages: [{role: 'user', content: question}], sampling: {temperature: 0}, maxTokens} as const;
	for await (const event of client.run({model, task: 'chat', request, signal}))
		if (event.type === 'text-delta') answer += event.text;
	let first = Number.NaN;
	const said = {text: withoutMarkdown(answer)};
	for await (const event of client.run({model: 'voice', task: 'speech', request: said, signal}))
		if (event.type === 'audio-delta' && Number.isNaN(first)) first = performance.now() - start;
	return until === 'first' ? first : performance.now() - start;
}
