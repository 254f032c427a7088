import {spawn} from 'node:child_process';
import path from 'node:path';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {commands} from '../../src/cli/reference.ts';
import {hasTerminals, Home} from '../helpers/mofa.ts';

/** The built program in a home of its own: what reaches a pipe is the answer and nothing else. */

let home: Home;
beforeAll(() => {
	home = new Home();
});
afterAll(() => home[Symbol.asyncDispose]());

const escape = '\u001B';

test('--version is one line', async () => {
	const {stdout, stderr, code} = await home.mofa(['--version']);
	expect(stdout).toMatch(/^mofa \d+\.\d+\.\d+\S*\n$/);
	expect({stderr, code}).toEqual({stderr: '', code: 0});
});

test.each([
	[[]],
	[['help']],
	[['help', 'run']],
	[['help', '--json']],
	[['list']],
	[['list', '--json']],
	[['ps']],
	[['ps', '--json']],
	[['show', 'guide']],
	[['info']],
	[['info', '--json']],
	[['doctor']],
	[['backend', 'list']],
	[['config', 'list']],
	[['config', 'path']],
	[['completion', 'bash']],
])('mofa %j writes no escape codes off a terminal, and works', async argv => {
	const {stdout, stderr, code} = await home.mofa(argv);
	expect(stdout + stderr).not.toContain(escape);
	expect(stdout + stderr).not.toContain('\r');
	expect(code).toBe(0);
	if (argv.includes('--json')) expect(JSON.parse(stdout)).toBeDefined();
});

test.each([
	[['lst'], 2],
	[['list', '--jsn'], 2],
	[['show', 'nothing-of-that-name'], 3],
	[['show', './no-such-file.gguf'], 3],
	[['run', 'nothing-of-that-name', 'Hi'], 3],
	[['run'], 2],
	[['config', 'get', 'nothing'], 2],
	[['stop', 'guide-that-is-not-loaded'], 3],
	[['backend', 'install', 'nothing'], 3],
	[['rm', 'guide'], 2],
])('mofa %j ends with %i, says why on stderr alone, and shows no stack', async (argv, code) => {
	const result = await home.mofa(argv);
	expect(result.code).toBe(code);
	expect(result.stdout).toBe('');
	expect(result.stderr).toMatch(/^error: \S/);
	expect(result.stderr).not.toMatch(/^\s+at /m);
	expect(result.stderr).not.toContain(escape);
});

test('the guide answers on stdout, and the choice of it is told on stderr', async () => {
	const {stdout, stderr, code} = await home.mofa(['run', 'How do I see which models are loaded?']);
	expect(code).toBe(0);
	expect(stdout).toMatch(/\S\n$/);
	expect(stdout + stderr).not.toContain(escape);
	expect(stderr).toContain('guide');
});

test('a reader that leaves early ends the program in silence', async () => {
	const bin = path.resolve(import.meta.dirname, '../../bin/mofa.cjs');
	const child = spawn('bash', ['-c', `set -o pipefail; "$0" "$1" help --json | head -c 10`, process.execPath, bin], {
		env: {PATH: process.env['PATH'], HOME: home.folder},
	});
	let stderr = '';
	child.stderr.setEncoding('utf8').on('data', (text: string) => {
		stderr += text;
	});
	child.stdout.resume();
	const code = await new Promise(resolve => {
		child.on('close', resolve);
	});
	expect(stderr).toBe('');
	expect([0, 141]).toContain(code);
});

test('__complete offers live names and nothing else', async () => {
	expect((await home.mofa(['__complete', 'run', 'gui'])).stdout).toMatch(/^guide\t/);
	expect((await home.mofa(['__complete', ''])).stdout.split('\n')).toHaveLength(commands.length + 1);
});

if (!hasTerminals) console.warn('SKIPPED: no `script` here, so nothing was tried on a terminal');

test.skipIf(!hasTerminals)('a terminal gets colour for a failure, unless NO_COLOR is set', async () => {
	const red = `${escape}[31merror:`;
	expect((await home.mofa(['show', 'nothing'], {tty: true})).stdout).toContain(red);
	const plain = await home.mofa(['show', 'nothing'], {tty: true, env: {NO_COLOR: '1'}});
	expect(plain.stdout).toContain('error: no model called "nothing"');
	expect(plain.stdout).not.toContain(red);
	expect(plain.code).toBe(3);
});
