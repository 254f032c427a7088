import {execFile} from 'node:child_process';
import {chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {parse} from '../src/cli/parse.ts';
import {commands, type Command} from '../src/cli/reference.ts';
import {settingsTable} from '../src/settings/settings.ts';
import type {HubRepository} from './fixtures/hub/repository.ts';
import {startHub, type HubServer} from './fixtures/hub/start-hub.ts';
import {repositoryRoot} from './helpers/bundle.ts';
import {fences, outputPattern, prose, stepsOf, type Step} from './helpers/markdown.ts';
import {mofaWords, shellCommands} from './helpers/shell-words.ts';
import {binary, guideFile, guidePresent, patience, User} from './helpers/user.ts';

const shells = new Set(['console', 'sh', 'bash', 'shell']);
const pages = ['', 'src', 'registry', 'test', 'native']
	.flatMap(folder => markdownIn(folder))
	.filter(page => !page.includes('/make/'));
const blocks = pages.flatMap(page =>
	fences(read(page))
		.filter(({info}) => shells.has(info[0] ?? ''))
		.map(fence => ({where: `${page}:${fence.line}`, fence})),
);

test.each(typedCommands())('%s: mofa understands %s', async (_where, _line, words) => {
	const parsed = await parse(words, 80);
	if ('error' in parsed) expect(parsed.error).toBe('');
});

test.each(mentionedCommands())('%s: the commands and options of %s exist', (_where, _text, words) => {
	expect(unknownWords(words)).toEqual([]);
});

test.each(pages)('%s names no environment variable that mofa does not read', page => {
	const known = new Set(settingsTable.map(({environment}) => environment));
	const named = [...new Set(read(page).match(/\bMOFA_[A-Z_]+[A-Z]\b/g))];
	const source = sources();
	expect(named.filter(name => !known.has(name) && !source.includes(name))).toEqual([]);
});

test.each(pages)('every link of %s to a file leads somewhere', page => {
	const links = [...prose(read(page)).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
	const files = links.filter(target => !/^(https?:|mailto:|#)/.test(target)).map(target => target.replace(/#.*$/, ''));
	expect(files.filter(file => !existsSync(path.resolve(repositoryRoot, path.dirname(page), file)))).toEqual([]);
});

const runnable = blocks.filter(
	({where, fence}) => fence.info[0] === 'console' && fence.info.includes('run') && isPossible(where, fence.info),
);

/** `if=FILE`: what is typed needs a file of this repository that not every clone has, such as a model that is trained. */
function isPossible(where: string, info: readonly string[]): boolean {
	const needed = info.find(word => word.startsWith('if='))?.slice('if='.length);
	const possible = needed === undefined || existsSync(path.join(repositoryRoot, needed));
	if (!possible) console.warn(`SKIPPED: ${where} needs ${needed}`);
	return possible;
}

describe.skipIf(!guidePresent).each(pages.filter(page => runnable.some(({where}) => where.startsWith(`${page}:`))))(
	'a reader of %s who types what is marked `console run`, from top to bottom',
	page => {
		let user: User;
		let hub: HubServer;
		beforeAll(async () => {
			hub = await startHub({repositories: [named]});
			user = new User({HF_ENDPOINT: hub.endpoint, NO_PROXY: '127.0.0.1', no_proxy: '127.0.0.1'});
			user.env['HF_HOME'] = user.file('hf');
			shadowNpx(user);
		});
		afterAll(async () => {
			await user[Symbol.asyncDispose]();
			await hub.close();
		});

		for (const {where, fence} of runnable.filter(({where}) => where.startsWith(`${page}:`)))
			test(`sees what ${where} says`, patience, async () => {
				for (const step of stepsOf(fence)) await take(step, user);
			});
	},
);

/** The Hub of these tests has what the pages pull: the guide under another model's name. */
const named: HubRepository = {
	name: 'Qwen/Qwen3-0.6B-GGUF',
	files: {'Qwen3-0.6B-Q8_0.gguf': guidePresent ? readFileSync(guideFile) : Buffer.alloc(0)},
	license: 'apache-2.0',
	pipelineTag: 'text-generation',
	tags: ['gguf'],
};

/** `mofa` and `npx mofa` are what was built here. */
function shadowNpx(user: User): void {
	mkdirSync(user.file('bin'));
	for (const [name, skip] of [
		['mofa', 0],
		['npx', 1],
	] as const) {
		const shim = user.file(`bin/${name}`);
		writeFileSync(shim, `#!/bin/sh\n${'shift\n'.repeat(skip)}exec "${process.execPath}" "${binary}" "$@"\n`);
		chmodSync(shim, 0o755);
	}
}

async function take({command, output}: Step, user: User): Promise<void> {
	const search = `${user.file('bin')}${path.delimiter}${process.env['PATH'] ?? ''}`;
	const {code, stdout} = await shell(command, {
		env: {...user.env, HOME: user.home, PATH: search},
		cwd: path.dirname(user.file('bin')),
	});
	user.daemonPid();
	expect({command, code, stdout: code === 0 ? '' : stdout}).toEqual({command, code: 0, stdout: ''});
	if (output.some(line => line.trim() !== '')) expect(stdout).toMatch(outputPattern(output));
}

function shell(
	command: string,
	options: {readonly env: NodeJS.ProcessEnv; readonly cwd: string},
): Promise<{readonly code: unknown; readonly stdout: string}> {
	return new Promise(resolve => {
		const child = execFile('sh', ['-c', `exec 2>&1; ${command}`], options, (error, stdout) =>
			resolve({code: error === null ? 0 : error.code, stdout}),
		);
		child.stdin?.end();
	});
}

function typedCommands(): ReadonlyArray<[string, string, readonly string[]]> {
	return blocks.flatMap(({where, fence}) =>
		stepsOf(fence).flatMap(({command}) =>
			shellCommands(command)
				.map(mofaWords)
				.filter(words => words !== undefined)
				.filter(words => words.length > 0 && !/^(-v|--version)$/.test(words[0] ?? '') && !words.includes('--help'))
				.map((words): [string, string, readonly string[]] => [where, ['mofa', ...words].join(' '), words]),
		),
	);
}

/**
 * In running text an argument may be left out or be a word such as MODEL, so only names are looked at; what a line says
 * is `not yet` there need not be.
 */
function mentionedCommands(): ReadonlyArray<[string, string, readonly string[]]> {
	return pages.flatMap(page =>
		[...prose(read(page).replaceAll(/^.*\bnot yet\b.*$/gm, '')).matchAll(/`((?:npx )?mofa [a-z][^`\n]*)`/g)].flatMap(
			([, text = '']) =>
				shellCommands(text.replaceAll(/[<>[\]]/g, ''))
					.map(mofaWords)
					.filter(words => words !== undefined)
					.map((words): [string, string, readonly string[]] => [page, text, words]),
		),
	);
}

function unknownWords(words: readonly string[]): readonly string[] {
	const [name = '', ...others] = words;
	const command = commands.find(entry => entry.name === name || entry.aliases?.includes(name));
	if (command === undefined) return [name];
	const child = command.commands?.find(entry => entry.name === others[0]);
	if (command.commands !== undefined && child === undefined && /^[a-z]/.test(others[0] ?? '')) return [words.join(' ')];
	const flags = flagsOf(child ?? command);
	return others.map(word => word.replace(/=.*$/, '')).filter(word => /^--?[a-z]/i.test(word) && !flags.includes(word));
}

function flagsOf({options = []}: Command): readonly string[] {
	return ['-h', '--help', ...options.flatMap(({flags}) => flags.match(/(?<![\w-])--?[a-z][a-z-]*/gi) ?? [])];
}

function markdownIn(folder: string): readonly string[] {
	const root = path.join(repositoryRoot, folder);
	if (!existsSync(root)) return [];
	return readdirSync(root, {recursive: folder !== '', encoding: 'utf8'})
		.filter(file => file.endsWith('.md') && !file.includes('node_modules'))
		.map(file => path.join(folder, file).replaceAll(path.sep, '/'));
}

function sources(): string {
	const files = readdirSync(path.join(repositoryRoot, 'src'), {recursive: true, encoding: 'utf8'});
	return files
		.filter(file => file.endsWith('.ts'))
		.map(file => readFileSync(path.join(repositoryRoot, 'src', file), 'utf8'))
		.join('\n');
}

function read(page: string): string {
	return readFileSync(path.join(repositoryRoot, page), 'utf8');
}
