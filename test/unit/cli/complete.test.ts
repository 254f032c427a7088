import {execFileSync} from 'node:child_process';
import {chmodSync, mkdtempSync, writeFileSync} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {expect, test} from 'vitest';
import {completeWords, type Live} from '../../../src/cli/complete.ts';
import {commands} from '../../../src/cli/reference.ts';

const live: Live = async kind =>
	({
		model: [
			{value: 'guide', summary: 'chat'},
			{value: 'org/model:Q8_0', summary: 'chat'},
		],
		known: [
			{value: 'guide', summary: 'chat'},
			{value: 'qwen3', summary: 'chat (4.9 GB)'},
		],
		resident: [{value: 'loaded', summary: 'in memory'}],
		backend: [{value: 'llama-cpu', summary: 'llama.cpp'}],
		setting: [{value: 'keep_alive', summary: 'how long'}],
		voice: [{value: 'slt', summary: 'en-US, voice'}],
	})[kind];

const values = async (...words: readonly string[]): Promise<readonly string[]> =>
	(await completeWords(words, live))
		.split('\n')
		.filter(line => line !== '')
		.map(line => line.split('\t')[0] ?? '');

test('the first word is a command', async () => {
	expect(await values('')).toEqual(commands.map(({name}) => name));
	expect(await values('st')).toEqual(['stop']);
});

test('each suggestion comes with its summary', async () => {
	expect(await completeWords(['lis'], live)).toBe(
		'list\tlist the models on this machine\nlisten\twrite down what the microphone hears, until Ctrl-C\n',
	);
});

test.each([
	['the model of run', ['run', ''], ['guide', 'org/model:Q8_0']],
	['a model by its beginning', ['show', 'org'], ['org/model:Q8_0']],
	['each of several models', ['rm', 'guide', 'gu'], ['guide']],
	['what is in memory', ['stop', ''], ['loaded']],
	['what is here or could be pulled', ['pull', ''], ['guide', 'qwen3']],
	['each of several to pull', ['get', 'qwen3', 'q'], ['qwen3']],
	['a tool whose models can be adopted', ['adopt', 'l'], ['lmstudio', 'llama.cpp']],
	['a pack of a subcommand', ['backend', 'install', ''], ['llama-cpu']],
	['subcommands', ['backend', 'i'], ['install']],
	['a setting', ['config', 'get', 'k'], ['keep_alive']],
	['nothing for its value', ['config', 'set', 'keep_alive', ''], []],
	['a shell', ['completion', 'f'], ['fish']],
	['the value of an option', ['run', '--think', ''], ['low', 'medium', 'high']],
	['the value of an option that is tied on', ['run', '--think=l'], ['--think=low']],
	['nothing for a value that is free', ['run', '--system', ''], []],
	['the model after an option and its value', ['run', '-s', 'Be brief', 'gu'], ['guide']],
	['nothing where a question goes', ['run', 'guide', ''], []],
	['a stage', ['pipe', 'asr', 't'], ['tts', 'tee']],
	['a command to get help for', ['help', 'ba'], ['backend']],
	['a subcommand to get help for', ['help', 'backend', 'up'], ['update']],
	['files for a path', ['run', './x'], [':files']],
	['files for an option that takes one', ['run', '--format', ''], [':files']],
	['models where the shell cannot send an empty word', ['run', '""'], ['guide', 'org/model:Q8_0']],
	['the options of a command', ['list', '--'], ['--json', '--help']],
])('it offers %s', async (_, words, offered) => {
	expect(await values(...words)).toEqual(offered);
});

test('an option that was given is not offered again, unless it repeats', async () => {
	const offered = await values('run', '--verbose', '--option', 'a=1', '--');
	expect(offered).not.toContain('--verbose');
	expect(offered).toContain('--option');
	expect(offered).toContain('--no-think');
});

test('bash completes a name with a colon in it, which it takes for two words', () => {
	const folder = mkdtempSync(path.join(os.tmpdir(), 'mofa-'));
	const mofa = path.join(folder, 'mofa');
	writeFileSync(
		mofa,
		'#!/bin/sh\nprintf \'org/model:Q8_0\\tchat\\norg/model:Q4_0\\tchat\\n\'\nprintf "%s\\n" "$@" > "$0.args"\n',
	);
	chmodSync(mofa, 0o755);
	const script = path.resolve(import.meta.dirname, '../../../registry/completion/mofa.bash');
	const run = (line: string): readonly string[] =>
		execFileSync(
			'bash',
			[
				'-c',
				'source "$1"; COMP_LINE="$2" COMP_POINT="${#2}"; _mofa "$3"; printf "%s\\n" "${COMPREPLY[@]}"',
				'bash',
				script,
				line,
				mofa,
			],
			{encoding: 'utf8'},
		)
			.trimEnd()
			.split('\n');
	expect(run(`${mofa} run org/model:Q`)).toEqual(['Q8_0', 'Q4_0']);
	expect(run(`${mofa} run org`)).toEqual(['org/model:Q8_0', 'org/model:Q4_0']);
	run(`${mofa} run `);
	expect(execFileSync('cat', [`${mofa}.args`], {encoding: 'utf8'})).toBe('__complete\nrun\n\n');
});
