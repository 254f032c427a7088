import {writeFileSync} from 'node:fs';
import path from 'node:path';
import {expect, test} from 'vitest';
import {MofaError} from '../../../src/contract/error.ts';
import type {PipelineAsk, PipelineEvent, PipelinePlan, PipelineSpec} from '../../../src/contract/pipeline.ts';
import type {AnyPacket} from '../../../src/contract/stage.ts';
import {fakeClient, fakePlan, fakeTask, type FakeClient} from '../../helpers/fake-client.ts';
import {runCli} from '../../helpers/run-cli.ts';
import {drawShape} from '../../helpers/shapes.ts';
import {temporaryFolder} from '../../helpers/temporary-folder.ts';

interface Seen {
	readonly client: FakeClient;
	readonly pipelines: PipelineSpec[];
	readonly packets: AnyPacket[];
}

/** A task with these ports, which gives these packets. */
function tasked(accepts: readonly string[], emits: readonly string[], gives: readonly AnyPacket[] = []): Seen {
	const pipelines: PipelineSpec[] = [];
	const packets: AnyPacket[] = [];
	const plan = (pipeline: PipelineSpec): PipelinePlan => {
		pipelines.push(pipeline);
		const made = fakePlan(pipeline);
		const [stage] = made.stages;
		return {...made, accepts, emits, stages: stage === undefined ? [] : [{...stage, task: 'naming', model: 'shapes'}]};
	};
	async function* pipe({input}: PipelineAsk): AsyncGenerator<PipelineEvent> {
		for await (const packet of input) packets.push(packet);
		for (const packet of gives) yield {type: 'packet-out', stage: 'naming0', packet};
		yield {type: 'pipeline-end', stages: [], bottleneck: null, totalMs: 1};
	}
	const events = [
		{type: 'load-end', model: 'shapes', waitedMs: 1},
		{type: 'label', bytes: Uint8Array.of(1)},
	];
	return {client: fakeClient({plan, pipe, events}), pipelines, packets};
}

const text = (value: string): AnyPacket => ({type: 'value', medium: 'text', value});

function pictureFile(): string {
	const file = path.join(temporaryFolder(), 'picture.png');
	writeFileSync(file, drawShape('star', {side: 16}));
	return file;
}

test('without a name every task is listed, with who brings it', async () => {
	const client = fakeClient({
		tasks: [fakeTask(), fakeTask({name: 'naming', plugin: 'shapes', models: 0, defaultModel: null})],
	});
	const {out} = await runCli(['task'], {client});
	expect(out).toMatch(/TASK\s+TAKES\s+GIVES\s+MODELS\s+DEFAULT\s+FROM/);
	expect(out).toMatch(/naming\s.*\s0\s+-\s+shapes\n/);
	expect(out).toMatch(/chat\s.*\s1\s+guide\s+mofa\n/);
});

test.each([
	[[], 'error: naming needs query: a question\n→ mofa task naming --set query=…\n'],
	[['--set', 'query=3'], 'error: --set query: expected a question\n'],
])('a setting that is refused with %j is told as it is typed here', async (options, words) => {
	const client = fakeClient({
		plan() {
			throw new MofaError('invalid-request', {path: 'naming.query', expected: 'a question'});
		},
	});
	const {code, err} = await runCli(['task', 'naming', 'x', ...options], {client});
	expect({code, err}).toEqual({code: 2, err: words});
});

test('a name that no task has is told of, and where their names are', async () => {
	const client = fakeClient({
		plan() {
			throw new MofaError('invalid-request', {path: 'stage classify', expected: 'one of asr, stt, gate'});
		},
	});
	const {code, err} = await runCli(['task', 'classify', 'x'], {client});
	expect({code, err}).toEqual({
		code: 2,
		err: 'error: there is no task called classify\n→ mofa task lists the tasks there are\n',
	});
});

test('words are one text, files what is in them, and settings are JSON where they can be', async () => {
	const {client, pipelines, packets} = tasked(['text', 'image'], ['text'], [text('a star')]);
	const file = pictureFile();
	const argv = ['task', 'naming', 'what', 'is', file, 'that', '-s', 'top=3', '-s', 'tone=kind', '-m', 'shapes'];
	const {code, out} = await runCli(argv, {client});
	expect({code, out}).toEqual({code: 0, out: 'a star\n'});
	expect(pipelines).toEqual([{stages: [{stage: 'naming', settings: {top: 3, tone: 'kind'}, model: 'shapes'}]}]);
	expect(packets).toMatchObject([text('what is'), {medium: 'image', value: {mediaType: 'image/png'}}, text('that')]);
});

test('what is piped in is taken where there are no words', async () => {
	const {client, packets} = tasked(['text'], ['text']);
	await runCli(['task', 'naming'], {client, input: 'a question'});
	expect(packets).toEqual([text('a question')]);
});

test('with --json each event is a line, bytes as base64, and the inputs are whole', async () => {
	const {client} = tasked(['text', 'image'], ['text']);
	const {out} = await runCli(['task', 'naming', 'one', 'two', '--json', '--set', 'top=1'], {client});
	expect(out).toBe('{"type":"label","bytes":{"$binary":"AQ==","type":"Uint8Array"}}\n');
	expect(client.calls).toContain(
		'runInputs naming shapes [{"type":"value","medium":"text","value":"one two"}] {"top":1}',
	);
});

test('a task whose media nothing here can show is told by its events', async () => {
	const {client} = tasked(['vector'], ['smell']);
	const {out} = await runCli(['task', 'naming', '[0.5, 1]'], {client});
	expect(out).toContain('"type":"label"');
	expect(client.calls.join()).toContain('"medium":"vector"');
});

test('a whole request goes as it is, with what is set on top', async () => {
	const {client} = tasked(['text'], ['text']);
	const file = path.join(temporaryFolder(), 'request.json');
	writeFileSync(file, '{"prompt": "x", "top": 1}');
	const {out, code} = await runCli(['task', 'completion', '--request', file, '--set', 'top=2'], {client});
	expect(code).toBe(0);
	expect(client.asks).toMatchObject([{task: 'completion', model: 'guide', request: {prompt: 'x', top: 2}}]);
	expect(out.split('\n')[0]).toBe('{"type":"text-delta","text":"Hello"}');
	const piped = await runCli(['task', 'completion', '--request', '-', '-m', 'other'], {
		client,
		input: '{"prompt": "y"}',
	});
	expect(piped.code).toBe(0);
	expect(client.asks.at(-1)).toMatchObject({model: 'other', request: {prompt: 'y'}});
});

test('bytes go to no terminal', async () => {
	const gives: AnyPacket = {type: 'value', medium: 'image', value: {bytes: Uint8Array.of(137), mediaType: 'image/png'}};
	const {client} = tasked(['text'], ['image'], [gives]);
	const shown = await runCli(['task', 'naming', 'a star'], {client, isTerminal: true, input: null});
	expect(shown).toMatchObject({code: 2, out: ''});
	expect(shown.err).toContain('-o picture.png');
	const piped = await runCli(['task', 'naming', 'a star'], {client});
	expect(piped).toMatchObject({code: 0, out: '\u{89}'});
});

test.each<[string, readonly string[], string]>([
	[
		'a word that is no file, to a task without text',
		['naming', 'nowhere.png'],
		'nowhere.png: expected a file that is there: image',
	],
	['a folder', ['naming', '/'], 'not a folder'],
	['a setting without a value', ['naming', 'x', '--set', 'top'], 'name=value'],
	['inputs beside a request', ['naming', 'x', '--request', '/dev/null'], 'nothing for inputs to say'],
	['a request that is none', ['naming', '--request', '/dev/null'], 'a JSON object'],
	['a request that is not there', ['naming', '--request', '/nowhere.json'], '/nowhere.json'],
	['standard input twice', ['naming', '-', '-'], 'read once'],
])('%s is refused', async (_what, words, problem) => {
	const {client, packets} = tasked(['image'], ['text']);
	const {code, err} = await runCli(['task', ...words], {client});
	expect(code).not.toBe(0);
	expect(err).toContain(problem);
	expect(packets).toEqual([]);
});

test('a terminal is told what goes in', async () => {
	const {client} = tasked(['image'], ['text']);
	const {code, err} = await runCli(['task', 'naming'], {client, isTerminal: true, input: null});
	expect(code).toBe(2);
	expect(err).toContain('naming takes image');
});
