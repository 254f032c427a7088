import {execFileSync} from 'node:child_process';
import {mkdtempSync, readFileSync, rmSync} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type {Client} from '../../../src/client/client.ts';
import {createHttpClient} from '../../../src/client/http-client.ts';
import type {AnyPacket} from '../../../src/contract/stage.ts';
import {parseWav} from '../../../src/media/wav.ts';
import {currentPaths} from '../../../src/settings/paths.ts';
import {median, mofaScript, print} from '../measure.ts';
import {answerAloud, writers, type Writer} from '../talk.ts';

/**
 * How much longer a question asked aloud takes to be answered aloud than the work would, spread over all cores at once. With the
 * toys that are built in, three quarters of the work is one sentence said by a voice that computes on one thread, so they are
 * there to be read. What a model of a real size needs by itself stands beside: between two tokens one core rests in any case.
 */
const rounds = Number(process.env['MOFA_BENCH_ROUNDS'] ?? 7);
const cores = Math.min(
	os.availableParallelism(),
	Number(process.env['MOFA_BENCH_THREADS'] ?? Number.POSITIVE_INFINITY),
);
if (process.platform !== 'linux') throw new Error('the processor time of other processes is read from /proc');
const ticksPerSecond = Number(execFileSync('getconf', ['CLK_TCK'], {encoding: 'utf8'}));
const home = mkdtempSync(path.join(os.tmpdir(), 'mofa-bench-'));
Object.assign(process.env, {MOFA_HOME: home, MOFA_HOST: 'off', MOFA_THREADS: String(cores)});
try {
	await using daemon = createHttpClient({socketPath: currentPaths().socket});
	for (const writer of writers()) {
		const {name, questions} = writer;
		const toy = writer.model === 'guide';
		const spoken = questions.map(asSound);
		const answer = (sound: AnyPacket): Promise<void> => heard(daemon, writer, sound);
		await measured(`all of asr llm tts, ${name}`, spoken, daemon, answer, toy ? undefined : 1.15);
		if (toy) continue;
		await measured(`all of llm alone, ${name}`, questions, daemon, question => written(daemon, writer, question));
	}
} finally {
	execFileSync(process.execPath, [mofaScript, 'stop', '--all'], {stdio: 'ignore'});
	rmSync(home, {recursive: true, force: true});
}
process.exit(0);

function asSound(question: string, index: number): AnyPacket {
	const file = path.join(home, `${index}.wav`);
	execFileSync(process.execPath, [mofaScript, 'speak', question, '--model', 'voice', '-o', file], {stdio: 'ignore'});
	const value = parseWav(readFileSync(file));
	if (value === undefined) throw new Error('what was spoken is no WAV file');
	return {type: 'value', medium: 'audio', value};
}

/** Asks each once to load what it takes, and then in turn. */
async function measured<Question>(
	name: string,
	questions: readonly Question[],
	client: Client,
	answer: (question: Question) => Promise<void>,
	limit?: number,
): Promise<void> {
	for (const question of questions) await answer(question);
	const turns: Turn[] = [];
	for (let round = 0; round < rounds; round += 1)
		for (const question of questions) turns.push(await measure(client, () => answer(question)));
	const printed = (of: string, work: (turn: Turn) => number): void =>
		print({
			name: `${name} ÷ processor time of ${of} over ${cores} cores`,
			value: median(turns.map(({wall}) => wall)),
			base: median(turns.map(turn => work(turn) / cores)),
			ratio: median(turns.map(turn => (turn.wall * cores) / work(turn))),
			unit: 'ms',
			...(limit === undefined ? {} : {limit}),
		});
	printed('its runners', ({runners}) => runners);
	printed('its runners and the daemon', ({runners, daemon}) => runners + daemon);
}

/** Milliseconds. */
interface Turn {
	readonly wall: number;
	readonly runners: number;
	readonly daemon: number;
}

async function measure(client: Client, answer: () => Promise<void>): Promise<Turn> {
	const {pid} = await client.version();
	const daemonBefore = processorTimeOf(pid);
	const before = await runnerTimes(client);
	const start = performance.now();
	await answer();
	const wall = performance.now() - start;
	const daemon = processorTimeOf(pid) - daemonBefore;
	const after = await runnerTimes(client);
	if ([...after.keys()].some(runner => !before.has(runner))) throw new Error('a runner started while it was measured');
	const runners = [...after].reduce((total, [runner, time]) => total + time - (before.get(runner) ?? 0), 0);
	return {wall, runners, daemon};
}

/** Throws where nothing was heard: no work is quickly done. */
async function heard(client: Client, writer: Writer, sound: AnyPacket): Promise<void> {
	let samples = 0;
	for await (const event of answerAloud(client, writer, sound, ['asr:ears']))
		if (event.type === 'packet-out' && event.packet.type === 'value' && event.packet.medium === 'audio')
			samples += event.packet.value.samples.length;
	if (samples === 0) throw new Error('the question was not answered');
}

async function written(client: Client, {model, maxTokens}: Writer, question: string): Promise<void> {
	const request = {messages: [{role: 'user', content: question}], sampling: {temperature: 0}, maxTokens} as const;
	const {signal} = new AbortController();
	for await (const _ of client.run({model, task: 'chat', request, signal})) continue;
}

/** Milliseconds of processor that each runner has taken so far, all its threads together. */
async function runnerTimes(client: Client): Promise<ReadonlyMap<number, number>> {
	const pids = (await client.residents()).flatMap(({pid}) => pid ?? []);
	return new Map(pids.map(pid => [pid, processorTimeOf(pid)]));
}

function processorTimeOf(pid: number): number {
	const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
	// The name stands in brackets and may hold anything; of the fields behind it these are utime and stime.
	const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
	return ((Number(fields[11]) + Number(fields[12])) * 1000) / ticksPerSecond;
}
