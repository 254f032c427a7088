import {copyFileSync, mkdirSync, readFileSync, renameSync, writeFileSync} from 'node:fs';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {guideFile, guidePresent, patience, until, User} from '../helpers/user.ts';
import {childrenOf} from '../helpers/processes.ts';
import {storiesPath, storiesPresent} from '../helpers/stories.ts';

const escape = String.fromCharCode(27);
const greedy = ['-o', 'temperature=0', '-o', 'num_predict=24'];

describe.skipIf(!guidePresent)('mofa run in a script', patience, () => {
	let user: User;
	beforeAll(async () => {
		user = new User();
		await user.run(['run', 'guide', 'Hello']);
	}, patience.timeout);
	afterAll(() => user[Symbol.asyncDispose]());

	test('writes the answer to standard output and nothing else, with one line end after it', async () => {
		const {code, out, err} = await user.run(['run', 'guide', ...greedy, 'Which models are loaded?']);
		expect({code, err}).toEqual({code: 0, err: ''});
		expect(out).toMatch(/^\S.*[^\n]\n$/s);
		expect(out).not.toContain(escape);
	});

	test('says on standard error which model it picked when none was named, and that it is a toy', async () => {
		const named = await user.run(['run', 'guide', ...greedy, 'How do I stop a model?']);
		const {code, out, err} = await user.run(['run', ...greedy, 'How do I stop a model?']);
		expect({code, out}).toEqual({code: 0, out: named.out});
		expect(err).toMatch(/^using the built-in guide, a toy of [\d.]+ million parameters.*\n$/);
		expect(out + err).not.toContain(escape);
	});

	test('puts what is piped in before the question', async () => {
		const [typed, piped] = await Promise.all([
			user.run(['run', 'guide', ...greedy, 'mofa ps\n\nWhat does this do?']),
			user.run(['run', 'guide', ...greedy, 'What does this do?'], {stdin: 'mofa ps\n'}),
		]);
		expect(piped).toEqual(typed);
		const alone = await user.run(['run', 'guide', ...greedy], {stdin: 'mofa ps\n\nWhat does this do?'});
		expect(alone).toEqual(typed);
	});

	test('answers with JSON that parses when asked to', async () => {
		const {code, out} = await user.run([
			'run',
			'guide',
			'--format',
			'json',
			'-o',
			'temperature=0',
			'Which command lists models? Answer as JSON.',
		]);
		expect(code).toBe(0);
		expect(typeof JSON.parse(out)).toBe('object');
	});

	test('answers with JSON that obeys a schema', async () => {
		const schema = {
			type: 'object',
			properties: {command: {enum: ['ps', 'list']}, sure: {type: 'boolean'}},
			required: ['command', 'sure'],
			additionalProperties: false,
		};
		writeFileSync(user.file('answer.json'), JSON.stringify(schema));
		const {code, out} = await user.run(['run', 'guide', '-f', user.file('answer.json'), 'Which?']);
		expect(code).toBe(0);
		expect(JSON.parse(out)).toEqual({command: expect.stringMatching(/^(ps|list)$/), sure: expect.any(Boolean)});
	});

	test('gives the same answer to the same seed', async () => {
		const ask = ['run', 'guide', '--seed', '7', '-o', 'temperature=1.5', '-o', 'num_predict=24', 'Tell me about mofa'];
		const [first, second] = await Promise.all([user.run(ask), user.run(ask)]);
		expect(first.code).toBe(0);
		expect(second).toEqual(first);
	});

	test('prints timings to standard error when asked to', async () => {
		const {code, out, err} = await user.run(['run', 'guide', '--verbose', ...greedy, 'Hello']);
		expect(code).toBe(0);
		expect(err).toMatch(/total duration:.*eval rate:.*tokens\/s/s);
		expect(out).not.toContain('duration:');
	});

	test.each([
		[3, 'a model that is not here', ['run', 'no-such-model', 'Hello'], 'no-such-model'],
		[3, 'a name that is nearly right', ['run', 'giude', 'Hello'], 'did you mean guide?'],
		[2, 'an option that does not exist', ['run', '--no-such-option', 'Hello'], '--no-such-option'],
		[2, 'a command that does not exist', ['rnu', 'Hello'], 'run'],
		[2, 'an option without a value', ['run', 'guide', '-o', 'temperature', 'Hello'], 'name=value'],
		[2, 'a temperature that is no number', ['run', 'guide', '-o', 'temperature=warm', 'Hello'], 'temperature'],
		[2, 'a schema that is not there', ['run', 'guide', '-f', 'no-such-schema.json', 'Hello'], 'no-such-schema.json'],
		[2, 'nothing to ask', ['run', 'guide'], 'nothing to ask'],
		[7, 'a folder without a model', ['run', '.', 'Hello'], 'holds no weights'],
	] as const)('ends with exit code %i and one line after %s', async (code, _what, argv, words) => {
		const outcome = await user.run(argv);
		expect(outcome).toMatchObject({code, out: ''});
		expect(outcome.err).toContain(words);
		expect(outcome.err.split('\n').filter(line => line.startsWith('error: '))).toHaveLength(1);
		expect(outcome.err).not.toMatch(/^\s+at /m);
	});

	test('refuses a schema that is no JSON, one that is no schema, and a keyword it cannot enforce', async () => {
		const schemas: Readonly<Record<string, string>> = {
			'broken.json': '{"type": ',
			'list.json': '[]',
			'odd.json': '{"type": "nonsense"}',
		};
		for (const [name, text] of Object.entries(schemas)) {
			writeFileSync(user.file(name), text);
			const {code, out, err} = await user.run(['run', 'guide', '-f', user.file(name), 'Hello']);
			expect({name, code, out}).toEqual({name, code: 2, out: ''});
			expect(err.split('\n').filter(line => line.startsWith('error: '))).toHaveLength(1);
		}
	});

	test('warns of an option that it does not know, and answers', async () => {
		const {code, out, err} = await user.run(['run', 'guide', ...greedy, '-o', 'mirostat=2', 'Hello']);
		expect(code).toBe(0);
		expect(out).not.toBe('');
		expect(err).toMatch(/^warning: mirostat: .*\n$/);
	});

	test('says that a text is longer than the context, with how long it is, and ends with exit code 4', async () => {
		const {code, out, err} = await user.run(['run', 'guide', 'Sum up'], {stdin: 'mofa lists models. '.repeat(5000)});
		expect({code, out}).toEqual({code: 4, out: ''});
		expect(err).toMatch(/^error: the text is (at least )?\d+ tokens long, and guide .*\n→ .*\n$/);
	});

	test('takes ten million characters on standard input without falling over', async () => {
		const {code, err} = await user.run(['run', 'guide', 'Sum up'], {stdin: 'word '.repeat(2_000_000)});
		expect(code).toBe(4);
		expect(err.split('\n').filter(line => line.startsWith('error: '))).toHaveLength(1);
		expect((await user.run(['run', 'guide', ...greedy, 'Hello'])).code).toBe(0);
	});

	test('ends with exit code 130 on Ctrl-C, keeps what was written, and complains of nothing', async () => {
		const running = user.start(['run', 'guide', '-f', user.longSchema(), 'numbers']);
		await running.says('stdout', /\d/);
		running.child.kill('SIGINT');
		const {code, out, err} = await running.ended;
		expect({code, err}).toEqual({code: 130, err: ''});
		expect(out).toMatch(/^\[/);
		await until('its slot is free', async () => (await user.client().residents())[0]?.active === 0);
	});

	test('answers the same without a daemon, and leaves no process', async () => {
		const ask = [...greedy, 'How do I see which models are loaded?'];
		const lonely = new User();
		try {
			const [served, alone] = await Promise.all([
				user.run(['run', 'guide', ...ask]),
				lonely.run(['run', 'guide', '--no-daemon', ...ask]),
			]);
			expect(alone).toEqual(served);
			expect(lonely.daemonPid()).toBeUndefined();
			expect(lonely.log()).toBe('');
		} finally {
			await lonely[Symbol.asyncDispose]();
		}
	});

	test('runs a file by a path with spaces and other letters, relative to where it is called from', async () => {
		mkdirSync(user.file('mes modèles 模型'));
		copyFileSync(guideFile, user.file('mes modèles 模型/le guide.gguf'));
		const relative = await user.run(['run', './le guide.gguf', '--keep-alive', '0', ...greedy, 'Hello'], {
			cwd: user.file('mes modèles 模型'),
		});
		const named = await user.run(['run', 'guide', ...greedy, 'Hello']);
		expect(relative).toEqual(named);
	});

	test('unloads the model at once with --keep-alive 0', async () => {
		copyFileSync(guideFile, user.file('brief.gguf'));
		const {code} = await user.run(['run', user.file('brief.gguf'), '--keep-alive', '0', ...greedy, 'Hello']);
		expect(code).toBe(0);
		const {client} = await user.daemon();
		await until('it is unloaded', async () =>
			(await client.residents()).every(({name}) => !name.endsWith('brief.gguf')),
		);
	});

	test('reads a model file again that was replaced while it was loaded', async () => {
		const file = user.file('replaced.gguf');
		copyFileSync(guideFile, file);
		expect((await user.run(['run', file, ...greedy, 'Hello'])).code).toBe(0);
		writeFileSync(`${file}.new`, 'no model any more');
		renameSync(`${file}.new`, file);
		expect(await user.run(['run', file, ...greedy, 'Hello'])).toMatchObject({code: 7, out: ''});
		copyFileSync(guideFile, file);
		expect((await user.run(['run', file, ...greedy, 'Hello'])).code).toBe(0);
	});

	test.skipIf(!storiesPresent)(
		'continues a text with a model that knows no chat, and says so on standard error',
		async () => {
			const {code, out, err} = await user.run([
				'run',
				storiesPath,
				'-o',
				'temperature=0',
				'-o',
				'num_predict=40',
				'Once upon a time',
			]);
			expect(code).toBe(0);
			expect(out).toContain('there was a little girl named Lily. She loved to play outside in the park.');
			expect(err).toContain('no chat template');
		},
	);

	test('leaves each runner with one parent, the daemon', async () => {
		const {pid, client} = await user.daemon();
		const runners = (await client.residents()).map(resident => resident.pid);
		if (process.platform === 'linux') expect(childrenOf(pid)).toEqual(expect.arrayContaining(runners));
		expect(readFileSync(user.paths.log, 'utf8')).not.toMatch(/"level":[56]0/);
	});
});
