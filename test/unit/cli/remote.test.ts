import {mkdtempSync, readFileSync, rmSync} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {afterEach, beforeEach, describe, expect, test, vi} from 'vitest';
import {MofaError} from '../../../src/contract/error.ts';
import {fakeClient, type FakeClient, type FakeClientOptions} from '../../helpers/fake-client.ts';
import {fakeStore} from '../../helpers/fake-store.ts';
import {runCli} from '../../helpers/run-cli.ts';

const remote = 'http://box:8420';
const env = {MOFA_HOST: remote};
const elsewhere = (options: FakeClientOptions = {}): FakeClient => ({...fakeClient(options), remote});

let home: string;
beforeEach(() => {
	home = mkdtempSync(path.join(os.tmpdir(), 'mofa-remote-'));
	vi.stubEnv('MOFA_HOME', home);
});
afterEach(() => {
	vi.unstubAllEnvs();
	rmSync(home, {recursive: true, force: true});
});

describe('which daemon is asked', () => {
	test('is said by ps beside its table, and not within it', async () => {
		const {code, out, err} = await runCli(['ps'], {client: elsewhere(), env});
		expect(code).toBe(0);
		expect(out).toBe('');
		expect(err).toContain(`the daemon at ${remote}`);
		expect(await runCli(['ps', '--json'], {client: elsewhere(), env})).toMatchObject({out: '[]\n', err: ''});
	});

	test('is said by info and by doctor', async () => {
		expect((await runCli(['info'], {client: elsewhere(), env})).out).toMatch(/^ *Daemon\n +asked +http:\/\/box:8420\n/);
		const {code, out} = await runCli(['doctor'], {client: elsewhere(), env});
		expect(out).toContain(`ok    daemon: version 0.0.0-source at ${remote}\n`);
		expect(code).toBe(0);
		expect((await runCli(['info'])).out).not.toContain('Daemon');
	});

	test('is said with what fails there', async () => {
		const {code, err} = await runCli(['show', 'quide'], {client: elsewhere(), env});
		expect(code).toBe(3);
		expect(err).toMatch(/^error: no model called "quide"[^]*\nthe daemon at http:\/\/box:8420 was asked\n$/);
		expect((await runCli(['show', 'quide'])).err).not.toContain('was asked');
	});

	test('is said once where a command tells of its failures by itself, and not for a slip of the hand', async () => {
		const store = fakeStore({
			pull: ({model}) => {
				throw new MofaError('model-not-found', {model, similar: []});
			},
		});
		const {code, err} = await runCli(['pull', 'nope', 'neither'], {store: Object.assign(store, {remote}), env});
		expect(code).toBe(3);
		expect(err).toMatch(/"nope" is known[^]*"neither" is known[^]*\nthe daemon at http:\/\/box:8420 was asked\n$/);
		expect(err.match(/was asked/g)).toHaveLength(1);
		const slip = await runCli(['stop'], {client: elsewhere(), env});
		expect(slip).toMatchObject({code: 2});
		expect(slip.err).not.toContain('was asked');
	});
});

describe('what only its own machine can do', () => {
	test.each([
		[['stop', '--all'], 'is ended on its own machine'],
		[['serve'], 'mofa serve --host'],
		[['adopt', 'ollama'], 'its own machine'],
		[['plugin', 'install', './x', '-y'], 'the machine of its daemon'],
		[['plugin', 'remove', 'x', '-y'], 'the machine of its daemon'],
	])('%j is refused with 2, naming the daemon', async (argv, said) => {
		const client = elsewhere();
		const {code, out, err, store} = await runCli(argv, {client, env});
		expect({code, out}).toEqual({code: 2, out: ''});
		expect(err).toContain(remote);
		expect(err).toContain(said);
		expect(client.calls.filter(call => call !== 'dispose')).toEqual([]);
		expect(store.calls).toEqual([]);
	});
});

test('doctor goes on when the daemon elsewhere does not answer, and sends nobody to a log of this machine', async () => {
	const {code, out} = await runCli(['doctor'], {
		env,
		connect: async () => {
			throw new MofaError('network', {address: remote, problem: 'nothing listens there', daemon: 'silent'});
		},
	});
	expect(code).toBe(1);
	expect(out).toContain(
		`FAIL  daemon: the daemon at ${remote} cannot be asked: nothing listens there\n      → start it`,
	);
	expect(out).not.toContain('read the log');
	expect(out).toContain('ok    node: ');
});

describe('config', () => {
	test('says that commands go elsewhere from now on, and asks nobody', async () => {
		const {code, err, connections} = await runCli(['config', 'set', 'host', remote]);
		expect({code, err, connections}).toEqual({
			code: 0,
			err: `commands ask the daemon at ${remote} from now on\n`,
			connections: [],
		});
		expect(JSON.parse(readFileSync(path.join(home, 'settings.json'), 'utf8'))).toEqual({host: remote});
	});

	test('says which settings do not count there', async () => {
		expect((await runCli(['config', 'set', 'parallel', '2'], {env})).err).toContain('has settings of its own');
		expect((await runCli(['config', 'set', 'history', 'off'], {env})).err).toBe('');
		expect((await runCli(['config', 'set', 'api_key', 'sesame'], {env})).err).toBe('');
	});
});

test.each([
	[['pull', 'qwen3'], false],
	[['run', 'qwen3', 'Hi', '--no-daemon', '--yes'], true],
])('the store that %j opens is of this machine: %s', async (argv, here) => {
	const opened: boolean[] = [];
	await runCli(argv, {onStore: of => opened.push(of)});
	expect(opened).toEqual([here]);
});
