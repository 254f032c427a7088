import {expect, test} from 'vitest';
import {fakeClient, fakePlugin} from '../../helpers/fake-client.ts';
import {runCli} from '../../helpers/run-cli.ts';

const client = (): ReturnType<typeof fakeClient> =>
	fakeClient({
		plugins: [
			fakePlugin(),
			fakePlugin({
				name: 'mine',
				source: 'setting',
				path: '/work/mine',
				problem: 'it fails when it is opened',
				models: [],
			}),
		],
	});

test('plugins are listed with what they add, and with what is wrong', async () => {
	const {out, err} = await runCli(['plugin', 'list'], {client: client()});
	expect(out).toMatch(/shapes\s+1\.0\.0\s+ready\s+naming\s+shape-namer\s+shapes\s+installed\n/);
	expect(out).toMatch(/mine\s+1\.0\.0\s+left out\s.*\/work\/mine\n/);
	expect(err).toBe('mine is left out: it fails when it is opened\n');
	expect((await runCli(['plugin', 'list'], {client: fakeClient()})).err).toBe('there are no plugins\n');
});

test('a plugin is installed only after a yes', async () => {
	const alone = await runCli(['plugin', 'install', '.'], {client: client()});
	expect(alone).toMatchObject({code: 2});
	expect(alone.err).toContain('--yes');
	const asked = await runCli(['plugin', 'install', 'some-package'], {
		client: client(),
		typed: [''],
		isTerminal: true,
		input: null,
	});
	expect(asked.code).toBe(1);
	expect(asked.terminal.questions).toEqual([
		'Install some-package? A plugin is code, and runs with your rights. [y/N] ',
	]);
	expect(asked.client.calls).not.toContain('reloadPlugins');
});

test.each([
	['./nowhere', 'nowhere'],
	['nowhere.tgz', 'nowhere.tgz'],
])('%s is not looked for elsewhere', async (source, words) => {
	const {code, err} = await runCli(['plugin', 'install', source, '--yes'], {client: client()});
	expect(code).not.toBe(0);
	expect(err).toContain(words);
	expect(err).toContain('not there');
});

test('what is not installed is not removed', async () => {
	const unknown = await runCli(['plugin', 'remove', 'shape', '--yes'], {client: client()});
	expect(unknown.code).toBe(3);
	expect(unknown.err).toContain('did you mean shapes?');
	const own = await runCli(['plugin', 'remove', 'mine', '--yes'], {client: client()});
	expect(own.code).toBe(1);
	expect(own.err).toContain('/work/mine');
});
