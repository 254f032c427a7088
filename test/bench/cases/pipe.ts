import {execFileSync} from 'node:child_process';
import {mkdtempSync, rmSync} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type {Client} from '../../../src/client/client.ts';
import {createHttpClient} from '../../../src/client/http-client.ts';
import type {AnyPacket} from '../../../src/contract/stage.ts';
import type {PipelineEvent} from '../../../src/contract/pipeline.ts';
import {createPipelines} from '../../../src/pipelines/create-pipelines.ts';
import {currentPaths} from '../../../src/settings/paths.ts';
import {mofaScript, paired, print} from '../measure.ts';

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
	const asked = {
		// Ten seconds of speech each; and one sentence.
		'answers of some sentences': [
			'What is mofa and what can it do?',
			'What can you do?',
			'How do I run a model from the Hub?',
		],
		'answers of one sentence': ['How do I see which models are loaded?', 'How do I free disk space?'],
	};
	for (const [kind, questions] of Object.entries(asked)) {
		let turn = -1;
		/** Both of a pair are asked the same. */
		const next = (): string => questions[Math.floor((turn += 1) / 2) % questions.length] ?? '';
		const turns = rounds * questions.length;
		const whole = await paired(
			turns,
			() => firstSound(daemon, next()),
			() => inTurn(daemon, next(), 'whole'),
		);
		print({
			name: `first sound of llm tts ÷ the sound after one stage and then the other, ${kind}`,
			...whole,
			unit: 'ms',
			// A short answer is half said with its first clause.
			...(kind.includes('some') ? {limit: 0.35} : {}),
		});
		const first = await paired(
			turns,
			() => firstSound(daemon, next()),
			() => inTurn(daemon, next(), 'first'),
		);
		print({name: `first sound of llm tts ÷ the first sound after the whole text, ${kind}`, ...first, unit: 'ms'});
		const total = await paired(
			turns,
			() => wholePipeline(daemon, next()),
			() => inTurn(daemon, next(), 'whole'),
		);
		print({name: `all of llm tts ÷ one stage and then the other, ${kind}`, ...total, unit: 'ms'});
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

function answerAloud(client: Client, question: string): AsyncIterable<PipelineEvent> {
	async function* input(): AsyncGenerator<AnyPacket> {
		yield text(question);
	}
	return client.runPipeline({
		pipeline: {stages: ['llm:guide?temperature=0', 'tts:voice']},
		input: input(),
		signal: new AbortController().signal,
	});
}

/** Milliseconds from the question to the first samples. */
async function firstSound(client: Client, question: string): Promise<number> {
	const start = performance.now();
	let first = Number.NaN;
	for await (const event of answerAloud(client, question))
		if (Number.isNaN(first) && event.type === 'packet-out' && event.packet.type === 'value')
			first = performance.now() - start;
	return first;
}

async function wholePipeline(client: Client, question: string): Promise<number> {
	const start = performance.now();
	for await (const _ of answerAloud(client, question)) continue;
	return performance.now() - start;
}

/** Milliseconds until the answer is written, and then all or the first of it is sound. */
async function inTurn(client: Client, question: string, until: 'whole' | 'first'): Promise<number> {
	const start = performance.now();
	const {signal} = new AbortController();
	let answer = '';
	const request = {messages: [{role: 'user', content: question}], sampling: {temperature: 0}} as const;
	for await (const event of client.run({model: 'guide', task: 'chat', request, signal}))
		if (event.type === 'text-delta') answer += event.text;
	let first = Number.NaN;
	for await (const event of client.run({model: 'voice', task: 'speech', request: {text: answer}, signal}))
		if (event.type === 'audio-delta' && Number.isNaN(first)) first = performance.now() - start;
	return until === 'first' ? first : performance.now() - start;
}
