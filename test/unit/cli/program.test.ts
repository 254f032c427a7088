import {expect, test} from 'vitest';
import {commandModules} from '../../../src/cli/commands.ts';
import {commands} from '../../../src/cli/reference.ts';
import {typingHint} from '../../../src/cli/typing-hint.ts';
import {runCli} from '../../helpers/run-cli.ts';

test('every command of the reference has code, and the other way round', () => {
	expect(Object.keys(commandModules).toSorted()).toEqual(commands.map(({name}) => name).toSorted());
});

test('mofa alone says how to begin, and connects to nothing', async () => {
	const {code, out, connections} = await runCli([]);
	expect(code).toBe(0);
	expect(out).toContain('mofa run');
	expect(out.split('\n').length).toBeLessThan(8);
	expect(connections).toEqual([]);
});

test.each([
	['an unknown command', ['lst'], "unknown command 'lst'", 'Did you mean one of list, ls?'],
	['an unknown option', ['list', '--jsn'], "unknown option '--jsn'", 'Did you mean --json?'],
	['a missing argument', ['show'], "missing required argument 'model'", '→ mofa help show\n'],
	['too many arguments', ['ls', 'a', 'b'], "too many arguments for 'list'", '→ mofa help list\n'],
	['a missing argument of a subcommand', ['config', 'get'], "argument 'key'", '→ mofa help config get\n'],
	['an option before any command', ['--jsn'], "unknown option '--jsn'", '→ mofa help\n'],
	['an unknown subcommand', ['backend', 'instal', 'x'], "unknown command 'instal'", 'Did you mean install?'],
	['a group without a subcommand', ['backend'], 'Usage: mofa backend', 'install'],
])('%s ends with 2 and says so on stderr alone', async (_, argv, problem, hint) => {
	const {code, out, err, connections} = await runCli(argv);
	expect(code).toBe(2);
	expect(out).toBe('');
	expect(err).toContain(problem);
	expect(err).toContain(hint);
	expect(connections).toEqual([]);
});

test.each([['--help'], ['-h'], ['help']])('%s prints every command on stdout', async flag => {
	const {code, out, err} = await runCli([flag]);
	expect(code).toBe(0);
	expect(err).toBe('');
	for (const {name} of commands) expect(out).toMatch(new RegExp(`^ {2}${name}\\b`, 'm'));
});

test('help for a command shows its options and examples', async () => {
	const {code, out} = await runCli(['help', 'run']);
	expect(code).toBe(0);
	expect(out).toContain('--keep-alive');
	expect(out).toContain('cat notes.txt |');
	expect((await runCli(['run', '--help'])).out).toBe(out);
});

test('help for a subcommand is found', async () => {
	expect((await runCli(['help', 'backend', 'install'])).out).toContain('Usage: mofa backend install');
});

test('help for a command that is none ends with 2', async () => {
	expect((await runCli(['help', 'fly'])).code).toBe(2);
});

test('help --json prints the whole reference, the exit codes and the schemas', async () => {
	const {code, out} = await runCli(['help', '--json']);
	expect(code).toBe(0);
	const help = JSON.parse(out) as {commands: unknown; exitCodes: unknown[]; schemas: object};
	expect(help.commands).toEqual(JSON.parse(JSON.stringify(commands)));
	expect(help.exitCodes).toContainEqual({code: 4, name: 'doesNotFit', means: expect.any(String) as string});
	expect(Object.keys(help.schemas)).toContain('backend list');
});

test('the alias of a command is the command', async () => {
	expect((await runCli(['ls'])).out).toBe((await runCli(['list'])).out);
});

test('the client is closed when the command is done', async () => {
	const {client} = await runCli(['list']);
	expect(client.calls.at(-1)).toBe('dispose');
});

test('a daemon that cannot be reached is one clear line, a next step, and 1', async () => {
	const {code, out, err} = await runCli(['list'], {client: null});
	expect(code).toBe(1);
	expect(out).toBe('');
	expect(err).toMatch(/^error: the daemon does not answer at \/run\/mofa.sock: no daemon runs\n→ mofa doctor/);
});

test('a reader that goes away ends the command in silence', async () => {
	const {code, err} = await runCli(['list'], {stdoutLimit: 3});
	expect(code).toBe(141);
	expect(err).toBe('');
});

test.each([
	[['chat'], '→ it is called mofa run here'],
	[['install', 'qwen3'], '→ it is called mofa pull here'],
	[['run', '-m', 'qwen3', 'Hi'], '→ the model comes first, without an option: mofa run qwen3 "Hello"'],
	[['run', 'guide', '--temperature', '0.2'], '→ settings of the model go behind -o: mofa run -o temperature=…'],
	[['run', '--top-p=0.9'], '→ settings of the model go behind -o: mofa run -o top_p=…'],
	[['run', '--unheard-of'], '→ mofa help run'],
	[['nonsense'], '→ mofa help'],
	[['list', '--model', 'x'], '→ mofa help list'],
])('what %j was meant to be is told', async (argv, next) => {
	const {code, out, err} = await runCli(argv);
	expect({code, out}).toEqual({code: 2, out: ''});
	expect(err.trimEnd().split('\n').at(-1)).toBe(next);
});

test('no command has a name that the hints give to another', () => {
	for (const name of commands.flatMap(({name, aliases = []}) => [name].concat(aliases)))
		expect(typingHint(undefined, `error: unknown command '${name}'`)).toBeNull();
});
