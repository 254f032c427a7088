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

/** How much longer a question asked aloud takes to be answered aloud than the work would, spread over all cores at once. */
const rounds = Number(process.env['MOFA_BENCH_ROUNDS'] ?? 7);
const cores = Math.min(
	os.availableParallelism(),
	Number(process.env['MOFA_BENCH_THREADS'] ?? Number.POSITIVE_INFINITY),
);
const questions = ['What is mofa and what can it do?', 'What can you do?', 'How do I see which models are loaded?'];

if (process.platform !== 'linux') throw new Error('the processor time of other processes is read from /proc');
const ticksPerSecond = Number(execFileSync('getconf', ['CLK_TCK'], {encoding: 'utf8'}));
const home = mkdtempSync(path.join(os.tmpdir(), 'mofa-bench-'));
Object.assign(process.env, {MOFA_HOME: home, MOFA_HOST: 'off', MOFA_THREADS: String(cores)});
try {
	const spoken = questions.map(asSound);
	await using daemon = createHttpClient({socketPath: currentPaths().socket});
	// Loads the three.
	for (const sound of spoken) await answerAloud(daemon, sound);
	const turns: Array<{readonly wall: number; readonly work: number}> = [];
	for (let round = 0; round < rounds; round += 1) for (const sound of spoken) turns.push(await measure(daemon, sound));
	print({
		name: `all of asr llm tts ÷ processor time of its runners over ${cores} cores`,
		value: median(turns.map(({wall}) => wall)),
		base: median(turns.map(({work}) => work / cores)),
		ratio: median(turns.map(({wall, work}) => (wall * cores) / work)),
		unit: 'ms',
		limit: 1.15,
	});
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

async function measure(client: Client, sound: AnyPacket): Promise<{readonly wall: number; readonly work: number}> {
	const before = await runnerTimes(client);
	const start = performance.now();
	await answerAloud(client, sound);
	const wall = performance.now() - start;
	const after = await runnerTimes(client);
	if ([...after.keys()].some(pid => !before.has(pid))) throw new Error('a runner started while it was measured');
	const work = [...after].reduce((total, [pid, time]) => total + time - (before.get(pid) ?? 0), 0);
	return {wall, work};
}

/** Throws where nothing was heard: no work is quickly done. */
async function answerAloud(client: Client, sound: AnyPacket): Promise<void> {
	async function* input(): AsyncGenerator<AnyPacket> {
		yield sound;
	}
	let samples = 0;
	for await (const event of client.runPipeline({
		pipeline: {stages: ['asr:ears', 'llm:guide?temperature=0', 'tts:voice']},
		input: input(),
		signal: new AbortController().signal,
	}))
		if (event.type === 'packet-out' && event.packet.type === 'value' && event.packet.medium === 'audio')
			samples += event.packet.value.samples.length;
	if (samples === 0) throw new Error('the question was not answered');
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
