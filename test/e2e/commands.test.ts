import {copyFileSync, mkdirSync, readFileSync, symlinkSync} from 'node:fs';
import path from 'node:path';
import {Ajv2020} from 'ajv/dist/2020.js';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {commands} from '../../src/cli/reference.ts';
import {repositoryRoot} from '../helpers/bundle.ts';
import {guideFile, guidePresent, newUser, patience, until, User} from '../helpers/user.ts';

const cached = 'someone/Guide-GGUF:Q8_0';

describe.skipIf(!guidePresent)('the commands beside run, against a living daemon', patience, () => {
	let user: User;
	beforeAll(async () => {
		user = new User({MOFA_HOST: '127.0.0.1:0'});
		putInCache(user);
		await user.run(['run', 'guide', 'Hello']);
	}, patience.timeout);
	afterAll(() => user[Symbol.asyncDispose]());

	test.each([
		['list', ['list', '--json']],
		['show', ['show', 'guide', '--json']],
		['show', ['show', guideFile, '--json']],
		['ps', ['ps', '--json']],
		['info', ['info', '--json']],
		['doctor', ['doctor', '--json']],
		['backend-list', ['backend', 'list', '--json']],
		['config-list', ['config', 'list', '--json']],
		['help', ['help', '--json']],
	])('the published schema %s.json describes what %j prints, and nothing else is printed', async (name, argv) => {
		const {code, out, err} = await user.run(argv);
		expect({code, err}).toEqual({code: 0, err: ''});
		const schema = JSON.parse(
			readFileSync(path.join(repositoryRoot, 'registry/schema', `${name}.json`), 'utf8'),
		) as object;
		const validate = new Ajv2020({strict: false, validateFormats: false, allErrors: true}).compile(schema);
		validate(JSON.parse(out));
		expect(validate.errors).toBeNull();
	});

	test('list shows the guide and what lies in the model cache; a prefix narrows it', async () => {
		const {out} = await user.run(['list']);
		expect(out).toMatch(/^NAME .*\n/);
		expect(out).toMatch(/^guide .*built in/m);
		expect(out).toContain(cached);
		expect((await user.run(['ls', 'some'])).out).not.toMatch(/^guide/m);
	});

	test('ps shows what is loaded, where, and until when', async () => {
		const {code, out} = await user.run(['ps']);
		expect(code).toBe(0);
		expect(out).toMatch(/^guide .* cpu .* (seconds|minute|minutes) from now$/m);
	});

	test('show says what a model is, why it runs where it does, and its template to the byte', async () => {
		expect((await user.run(['show', 'guide'])).out).toMatch(/parameters +[\d.]+M/);
		expect((await user.run(['show', 'guide', '--why'])).out).toMatch(/Runs as[^]*device +cpu/);
		const {out} = await user.run(['show', 'guide', '--template']);
		const details = JSON.parse((await user.run(['show', 'guide', '--json'])).out) as {template: string};
		expect(out.trimEnd()).toBe(details.template.trimEnd());
		expect(await user.run(['show', 'giude'])).toMatchObject({code: 3, out: '', err: expect.stringContaining('guide')});
	});

	test('info names the processor, the memory and the backends', async () => {
		const {code, out} = await user.run(['info']);
		expect(code).toBe(0);
		expect(out).toMatch(/Processor[^]*Memory[^]*Backends[^]*llama +usable/);
	});

	test('doctor finds nothing wrong', async () => {
		const {code, out} = await user.run(['doctor']);
		expect(out).toMatch(/ok +llama backend/);
		expect(out).not.toMatch(/^(fail|failed|error|bad)/im);
		expect(code).toBe(0);
	});

	test('config remembers what it is told, and says where', async () => {
		const other = newUser();
		const file = (await other.run(['config', 'path'])).out.trim();
		expect(file).toBe(other.paths.settingsFile);
		expect((await other.run(['config', 'set', 'keep-alive', '7m'])).code).toBe(0);
		expect((await other.run(['config', 'get', 'keep_alive'], {env: {MOFA_KEEP_ALIVE: ''}})).out).toBe('7m\n');
		expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({keep_alive: '7m'});
		expect(await other.run(['config', 'set', 'keep_alive', 'soonish'])).toMatchObject({code: 2, out: ''});
		expect(await other.run(['config', 'set', 'keep_alvie', '7m'])).toMatchObject({
			code: 2,
			err: expect.stringContaining('keep_alive'),
		});
		expect(other.daemonPid()).toBeUndefined();
	});

	test.each(['bash', 'zsh', 'fish', 'pwsh'])('completion prints a script for %s', async shell => {
		const {code, out, err} = await user.run(['completion', shell]);
		expect({code, err}).toEqual({code: 0, err: ''});
		expect(out).toContain('__complete');
	});

	test('completion offers the names of the models that are here', async () => {
		expect((await user.run(['__complete', 'run', 'gu'])).out).toContain('guide');
		expect((await user.run(['__complete', 'run', 'some'])).out).toContain('someone/Guide-GGUF');
	});

	test('help describes every command', async () => {
		for (const {name, summary} of commands) {
			const {code, out} = await user.run(['help', name]);
			expect(code).toBe(0);
			expect(out.replaceAll(/\s+/g, ' ').toLowerCase()).toContain(summary.toLowerCase());
		}
	});

	test('stop unloads one model and keeps the daemon; what is not loaded is exit code 3', async () => {
		await user.run(['run', cached, '-o', 'num_predict=2', 'Hello']);
		const pid = user.daemonPid();
		expect(await user.run(['stop', cached])).toMatchObject({code: 0, err: '', out: `stopped ${cached}\n`});
		await until('it is unloaded', async () => (await user.client().residents()).every(({name}) => name !== cached));
		expect(await user.run(['stop', cached])).toMatchObject({code: 3, out: ''});
		expect(user.daemonPid()).toBe(pid);
	});

	test('rm deletes a model of the cache, once it is allowed to, and never the guide', async () => {
		expect((await user.run(['rm', 'guide', '--yes'])).code).not.toBe(0);
		expect(await user.run(['rm', cached])).not.toMatchObject({code: 0});
		expect((await user.run(['list'])).out).toContain(cached);
		expect((await user.run(['rm', cached, '--yes'])).code).toBe(0);
		expect((await user.run(['list'])).out).not.toContain(cached);
	});

	test('ps, stop and config start no daemon', async () => {
		const other = newUser();
		expect(await other.run(['ps', '--json'])).toMatchObject({code: 0, out: '[]\n', err: ''});
		expect((await other.run(['stop', '--all'])).code).toBe(0);
		expect((await other.run(['config', 'list'])).code).toBe(0);
		expect((await other.run(['help'])).code).toBe(0);
		expect(other.log()).toBe('');
	});
});

/** The guide under another name, as the Hugging Face tools would have left it. */
function putInCache({env}: User): void {
	const repository = path.join(env['HF_HUB_CACHE'] ?? '', 'models--someone--Guide-GGUF');
	const revision = 'a'.repeat(40);
	mkdirSync(path.join(repository, 'blobs'), {recursive: true});
	mkdirSync(path.join(repository, 'snapshots', revision), {recursive: true});
	mkdirSync(path.join(repository, 'refs'), {recursive: true});
	copyFileSync(guideFile, path.join(repository, 'blobs', 'b'.repeat(64)));
	symlinkSync(
		path.join('..', '..', 'blobs', 'b'.repeat(64)),
		path.join(repository, 'snapshots', revision, 'Guide-Q8_0.gguf'),
	);
}
