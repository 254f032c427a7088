import {execFile} from 'node:child_process';
import {existsSync, readFileSync, statSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import type {PipelineEvent} from '../../src/contract/pipeline.ts';
import type {AnyPacket} from '../../src/contract/stage.ts';
import {parseWav} from '../../src/media/wav.ts';
import {repositoryRoot} from '../helpers/bundle.ts';
import {hasTerminals, Home} from '../helpers/mofa.ts';
import {binary, guidePresent, longFormat, patience, until, User, type Daemon} from '../helpers/user.ts';

const question = 'How do I see which models are loaded?';
const earsPresent = existsSync(path.join(repositoryRoot, 'registry/starter/ears/onnx/encoder_model.onnx'));
if (!earsPresent) console.warn('SKIPPED: a question asked aloud needs registry/starter/ears');
/** Some seconds of writing, and minutes of speech. */
const longAnswer = {stages: [{stage: 'llm', settings: {format: longFormat, seed: 1}}, {stage: 'tee'}, {stage: 'tts'}]};

describe.skipIf(!guidePresent)('mofa pipe, with the models that are built in', patience, () => {
	let user: User;
	let daemon: Daemon;
	beforeAll(async () => {
		user = new User({MOFA_HOST: '127.0.0.1:0'});
		daemon = await user.daemon();
	}, patience.timeout);
	afterAll(() => user[Symbol.asyncDispose]());

	const noneActive = async (): Promise<boolean> => (await daemon.client.residents()).every(({active}) => active === 0);

	/** A line for bash; standard output as bytes. */
	function shell(line: string, stdin: string | Buffer = ''): Promise<{out: Buffer; err: string; code: number}> {
		return new Promise(resolve => {
			const mofa = `mofa() { '${process.execPath}' '${binary}' "$@"; }; set -o pipefail; `;
			const options = {env: user.env, encoding: 'buffer', maxBuffer: 2 ** 28} as const;
			const child = execFile('bash', ['-c', mofa + line], options, (error, out, err) =>
				resolve({out, err: err.toString(), code: typeof error?.code === 'number' ? error.code : 0}),
			);
			child.stdin?.on('error', () => undefined);
			child.stdin?.end(stdin);
		});
	}

	test('a question in the shell becomes an answer in sound, and nothing is on stderr beside it', async () => {
		const {out, err, code} = await shell('mofa pipe llm tts', question);
		expect({err, code}).toEqual({err: '', code: 0});
		expect(out.readUInt32LE(40)).toBe(0xff_ff_ff_ff);
		expect(loudness(out)).toBeGreaterThan(0.01);
		expect(await noneActive()).toBe(true);
	});

	test('the daemon is not needed, and text comes out where the last stage writes', async () => {
		const {out, err, code} = await shell(`mofa pipe --no-daemon -t '${question}' llm`);
		expect({err, code}).toEqual({err: '', code: 0});
		expect(out.toString()).toContain('mofa ps');
		expect(out.toString().endsWith('\n')).toBe(true);
	});

	test('the first sound comes while the answer is still being written', async () => {
		const order: string[] = [];
		const leave = new AbortController();
		const run = daemon.client.runPipeline({pipeline: longAnswer, input: packets(question), signal: leave.signal});
		const watch = (async () => {
			for await (const event of run) {
				if (event.type !== 'packet-out' || event.packet.type !== 'value') continue;
				order.push(event.packet.medium);
				const first = order.indexOf('audio');
				if (first >= 0 && order.length > first + 1 && order.lastIndexOf('text') > first) leave.abort();
			}
		})();
		await expect(watch).rejects.toMatchObject({code: 'cancelled'});
		expect(order.indexOf('audio')).toBeGreaterThan(0);
		expect(order.lastIndexOf('text')).toBeGreaterThan(order.indexOf('audio'));
		await until('nobody works any more', noneActive);
	});

	test.skipIf(!earsPresent)('a question that is asked aloud is answered aloud', async () => {
		await user.run(['speak', 'what can you do', '-o', user.file('question.wav')]);
		const {out, err, code} = await shell(`mofa pipe asr tee llm tts < '${user.file('question.wav')}'`);
		expect(code).toBe(0);
		// What was heard; how well is the ears' own affair.
		expect(err).toMatch(/\w/);
		expect(loudness(out)).toBeGreaterThan(0.01);
	});

	test('a graph in YAML lets the text out beside the sound', async () => {
		const file = user.file('answer.yaml');
		writeFileSync(
			file,
			`stages:\n  - stage: llm\n    settings: {temperature: 0}\n  - {stage: tee, settings: {file: ${user.file('said.txt')}}}\n  - stage: tts\n    variant: rms\n`,
		);
		const sound = user.file('answer.wav');
		const {err, code} = await shell(`mofa pipe -f '${file}' -o '${sound}' --stats`, question);
		expect(code).toBe(0);
		expect(readFileSync(user.file('said.txt'), 'utf8')).toContain('mofa ps');
		const bytes = readFileSync(sound);
		expect(bytes.readUInt32LE(40)).toBe(bytes.length - 44);
		expect(err).toMatch(/STAGE +MODEL +WAITED/);
		expect(err).toContain('the bottleneck is');
	});

	test('two mofas join by packets', async () => {
		const {out, err, code} = await shell('mofa pipe llm --frames | mofa pipe tts', question);
		expect({err, code}).toEqual({err: '', code: 0});
		expect(loudness(out)).toBeGreaterThan(0.01);
	});

	test('a plan says who would do it, and nothing is loaded', async () => {
		for (const {name} of await daemon.client.residents()) await daemon.client.unload(name);
		const {out, code} = await shell('mofa pipe llm tts@slt --plan --json');
		expect(code).toBe(0);
		expect(JSON.parse(out.toString())).toMatchObject({
			accepts: ['text'],
			emits: ['audio'],
			together: true,
			stages: [
				{id: 'llm', model: 'guide'},
				{id: 'tts', model: 'voice'},
			],
		});
		expect(await daemon.client.residents()).toEqual([]);
	});

	test.each([
		['mofa pipe tts llm', 2, 'tts gives audio'],
		['mofa pipe tts@nobody -t Hi', 2, 'one of slt'],
		['mofa pipe llm:nothing-like-it -t Hi', 3, 'no model called'],
		['mofa pipe llm:voice -t Hi', 2, 'voice cannot do chat'],
		['mofa pipe lmm -t Hi', 2, 'llm'],
		['mofa pipe -f no-such-file.json', 1, 'it is not there'],
		['mofa pipe llm tts --rate 8000 --encoding what', 2, '--encoding'],
		['mofa pipe gate -i /dev/null', 2, 'it is empty'],
	])('%s ends with %i and says why', async (line, expected, words) => {
		const {out, err, code} = await shell(line);
		expect({code, out: out.toString()}).toEqual({code: expected, out: ''});
		expect(err).toContain(words);
	});

	test('sound that is cut in its header is refused, an odd byte count is told of', async () => {
		const header = await shell('mofa pipe llm tts | head -c 30 | mofa pipe gate', question);
		expect(header.err).toContain('WAV');
		const odd = await shell('mofa pipe gate --rate 16000 -o gate.wav', Buffer.alloc(32_001));
		expect(odd).toMatchObject({code: 0});
		expect(odd.err).toContain('ends before it says it does');
	});

	test('Ctrl-C ends it, and what was said until then is a whole file', async () => {
		const spec = user.file('long.json');
		writeFileSync(spec, JSON.stringify(longAnswer));
		const sound = user.file('cut.wav');
		const running = user.start(['pipe', '-f', spec, '-t', question, '-o', sound]);
		await until('something has been said', () => existsSync(sound) && statSync(sound).size > 20_000);
		running.child.kill('SIGINT');
		expect((await running.ended).code).toBe(130);
		const bytes = readFileSync(sound);
		expect(bytes.readUInt32LE(40)).toBe(bytes.length - 44);
		await until('nobody works any more', noneActive);
	});

	test('a runner that is killed names its stage, and what was written until then stays', async () => {
		const spec = user.file('written.json');
		writeFileSync(spec, JSON.stringify({stages: longAnswer.stages.slice(0, 1)}));
		const said = user.file('killed.txt');
		const running = user.start(['pipe', '-f', spec, '-t', question, '-o', said]);
		await until('something has been written', () => existsSync(said) && statSync(said).size > 20);
		const guide = (await daemon.client.residents()).find(({name}) => name === 'guide');
		process.kill(guide?.pid ?? 0, 'SIGKILL');
		const {code, err} = await running.ended;
		expect(code).toBe(7);
		expect(err).toContain('the stage llm (guide)');
		expect(readFileSync(said, 'utf8')).toMatch(/^\[\s*\d{3}/);
		await until('nobody works any more', noneActive);
	});

	test('a reader that leaves early ends it in silence', async () => {
		const spec = user.file('long.json');
		writeFileSync(spec, JSON.stringify(longAnswer));
		const {out, err} = await shell(
			`mofa pipe -f '${spec}' -t '${question}' 2>/dev/null | head -c 1000 | wc -c; echo "$PIPESTATUS"`,
		);
		expect(err).toBe('');
		expect(out.toString().trim().split(/\s+/)[0]).toBe('1000');
		await until('nobody works any more', noneActive);
	});

	test('HTTP answers in lines of JSON, and refuses ports that do not meet', async () => {
		const post = (body: unknown): Promise<Response> =>
			fetch(`${daemon.url}/v1/pipelines`, {
				method: 'POST',
				headers: {'content-type': 'application/json'},
				body: JSON.stringify(body),
			});
		const response = await post({pipeline: ['llm?temperature=0', 'tts'], input: question});
		const events = (await response.text())
			.trim()
			.split('\n')
			.map(line => JSON.parse(line) as PipelineEvent);
		expect(events[0]).toMatchObject({type: 'plan-made'});
		expect(events.some(event => event.type === 'packet-out' && event.packet.type === 'value')).toBe(true);
		expect(events.at(-1)).toMatchObject({type: 'pipeline-end', stages: [{stage: 'llm'}, {stage: 'tts'}]});
		const refused = await post({pipeline: ['tts', 'llm'], input: 'Hi'});
		expect(refused.status).toBe(400);
		expect(await refused.text()).toContain('tts gives audio');
	});
});

describe.skipIf(!guidePresent || !hasTerminals)('a person at a terminal', patience, () => {
	test('gets no noise on it, and is told what to do', async () => {
		await using home = new Home();
		const {code, stdout} = await home.mofa(['pipe', 'llm', 'tts', '-t', 'Hi'], {tty: true});
		expect(code).toBe(2);
		expect(stdout).not.toContain('RIFF');
		expect(stdout).toContain('--play');
	});
});

async function* packets(text: string): AsyncGenerator<AnyPacket> {
	yield {type: 'value', medium: 'text', value: text};
}

function loudness(bytes: Buffer): number {
	const audio = parseWav(bytes);
	if (audio === undefined) throw new Error('that is no WAV file');
	return Math.sqrt(audio.samples.reduce((sum, sample) => sum + sample * sample, 0) / audio.samples.length);
}
