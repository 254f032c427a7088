import {array, assert, asyncProperty, constantFrom} from 'fast-check';
import {expect, test} from 'vitest';
import {settleOptionalValues} from '../../../src/cli/argv.ts';
import {parse} from '../../../src/cli/parse.ts';
import {parsePlain} from '../../../src/cli/parse-plain.ts';
import {commands, type Command} from '../../../src/cli/reference.ts';

const flagsOf = ({options = [], commands: children = []}: Command): readonly string[] =>
	options
		.flatMap(({flags}) => flags.split(/[ ,]+/).filter(part => part.startsWith('-')))
		.concat(
			children.map(({name}) => name),
			children.flatMap(flagsOf),
		);

/** Pieces that mean something somewhere, and some that mean nothing anywhere. */
const pieces = commands
	.flatMap(flagsOf)
	.concat(['--', '-', '-x', '--seed=7', '--format=', '-k5m', '-h', '--help', '--think=low'])
	.concat(['low', 'guide', 'two words', '5m', 'a=1', '', '-5', 'list', 'install', 'keep_alive']);
const names = commands.flatMap(({name, aliases}) => [name, ...(aliases ?? [])]);

test('what the quick parser reads, commander reads in the same way', async () => {
	let read = 0;
	await assert(
		asyncProperty(constantFrom(...names), array(constantFrom(...pieces), {maxLength: 5}), async (name, rest) => {
			const argv = settleOptionalValues([name, ...rest], commands);
			const plain = parsePlain(argv, commands);
			if (plain === undefined) return;
			read += 1;
			expect(await parse(argv, 80)).toEqual(plain);
		}),
		{numRuns: 2000},
	);
	expect(read).toBeGreaterThan(200);
});

test.each([
	[['run', 'guide', 'Hi', '-o', 'a=1', '--option=b=2', '--no-daemon', '--think=low', '-k', '5m']],
	[['backend', 'install', '-y']],
	[['ls', '--json']],
	[['run', '--', '--think']],
])('%j needs no commander', argv => {
	expect(parsePlain(argv, commands)).toBeDefined();
});

test.each([
	[['list', '--help']],
	[['lst']],
	[['list', '--jsn']],
	[['show']],
	[['show', 'a', 'b']],
	[['backend']],
	[['run', '--seed']],
	[['run', '--seed', '--yes']],
])('%j is left to commander', argv => {
	expect(parsePlain(argv, commands)).toBeUndefined();
});
