import {readFileSync} from 'node:fs';
import path from 'node:path';
import {beforeAll, expect, test, vi} from 'vitest';
import {openTmux, tmuxIsHere, type TmuxTerminal} from '../fixtures/tui/tmux.ts';
import {bundle} from '../helpers/bundle.ts';
import {temporaryFolder} from '../helpers/temporary-folder.ts';

if (!tmuxIsHere) console.warn('SKIPPED: tmux is not installed, so the chat is not driven in a real terminal');

// Real programs start here, maybe on a machine with much else to do; each wait has its own bound.
vi.setConfig({testTimeout: 120_000});

let program = '';

beforeAll(async () => {
	if (tmuxIsHere) program = await bundle(path.resolve(import.meta.dirname, '../fixtures/tui/scripted-chat.ts'));
});

const size = {columns: 80, rows: 24};
const invitation = '>>> Send a message';
const times = (text: string, part: string): number => text.split(part).length - 1;

async function openChat(
	folder: string,
	{columns, rows}: {readonly columns: number; readonly rows: number} = size,
	env: Readonly<Record<string, string>> = {},
): Promise<TmuxTerminal> {
	const terminal = openTmux(columns, rows, {CI: 'false', CONTINUOUS_INTEGRATION: 'false', ...env});
	terminal.type(`clear; '${process.execPath}' '${program}' '${folder}'`);
	terminal.press('Enter');
	await terminal.shows(screen => screen.includes(invitation) && !screen.includes('loading'), 'the prompt');
	return terminal;
}

test.skipIf(!tmuxIsHere)('a message of several lines is typed, sent and answered', async () => {
	using terminal = await openChat(temporaryFolder());
	terminal.type('"""one');
	terminal.press('Enter');
	terminal.type('two 日本');
	terminal.press('C-j');
	terminal.type('three"""');
	await terminal.shows('... three"""');
	terminal.press('Enter');
	await terminal.shows('You said: one\ntwo 日本\nthree');
	expect(terminal.screen()).toContain('>>> one\n... two 日本\n... three');
});

test.skipIf(!tmuxIsHere)('a paste with line breaks waits for Enter', async () => {
	using terminal = await openChat(temporaryFolder());
	terminal.paste('first\nsecond é 🎉\n');
	await terminal.shows('... second é 🎉');
	expect(terminal.screen()).not.toContain('You said');
	terminal.press('BSpace', 'BSpace', 'BSpace', 'Enter');
	await terminal.shows('You said: first\nsecond é');
});

test.skipIf(!tmuxIsHere)('Ctrl-C cuts the answer, keeps it, and keeps what was typed ahead', async () => {
	using terminal = await openChat(temporaryFolder());
	terminal.type('slow');
	terminal.press('Enter');
	await terminal.shows('Line 3 of');
	terminal.type('typed ahead');
	terminal.press('C-c');
	await terminal.shows('(stopped here');
	await terminal.shows('>>> typed ahead');
	terminal.press('Enter');
	await terminal.shows('You said: typed ahead');
	terminal.type('/show messages');
	terminal.press('Enter');
	await terminal.shows(/assistant\nYou said: typed ahead/);
});

test.skipIf(!tmuxIsHere)('a long answer stands in the scrollback once, in order', async () => {
	using terminal = await openChat(temporaryFolder());
	terminal.type('slow');
	terminal.press('Enter');
	await terminal.shows(screen => /Line 60 of/.test(screen) && screen.includes(invitation), 'the end');
	const lines = terminal.screen({all: true}).match(/Line \d+ of a long, slow answer\./g);
	expect(lines).toEqual(Array.from({length: 60}, (_, index) => `Line ${index + 1} of a long, slow answer.`));
});

test.skipIf(!tmuxIsHere)('a narrower or wider terminal leaves one line to type in, whole', async () => {
	using terminal = await openChat(temporaryFolder(), {columns: 100, rows: 30});
	const words =
		'the quick brown fox 日本語の文章 jumps over the lazy dog and over the next one and the one after that, until the row is full';
	// Fills the screen: what stands at its top may scroll away while rows fold, and nobody can erase it there.
	terminal.type('markdown');
	terminal.press('Enter');
	await terminal.shows(screen => screen.includes('The end.') && screen.includes(invitation), 'the end');
	terminal.type(words);
	await terminal.shows('row is full');
	for (const columns of [60, 31, 45, 100, 24, 120]) {
		terminal.resize(columns, 30);
		await terminal.shows(
			screen => rejoined(screen) === words.replaceAll(' ', ''),
			`the line once, at ${columns} columns`,
		);
	}
	expect(times(terminal.screen({all: true}), '>>> the')).toBe(1);
});

test.skipIf(!tmuxIsHere)('resizing while an answer comes loses and repeats nothing', async () => {
	using terminal = await openChat(temporaryFolder(), {columns: 100, rows: 30});
	terminal.type('slow');
	terminal.press('Enter');
	for (const [line, columns] of [
		[5, 60],
		[15, 40],
		[25, 110],
		[35, 50],
	] as const) {
		await terminal.shows(`Line ${line} of`);
		terminal.resize(columns, 30);
	}
	await terminal.shows(screen => /Line 60 of/.test(screen) && screen.includes(invitation), 'the end');
	const everything = terminal.screen({all: true});
	for (let line = 1; line <= 60; line += 1) expect(times(everything, `Line ${line} of`), `line ${line}`).toBe(1);
	expect(times(everything, 'Ctrl-C stops')).toBe(0);
});

test.skipIf(!tmuxIsHere)('what was typed is remembered by the next chat', async () => {
	const folder = temporaryFolder();
	{
		using terminal = await openChat(folder);
		terminal.type('remember me');
		terminal.press('Enter');
		await terminal.shows('You said: remember me');
		terminal.press('C-d');
		await terminal.shows('left with 0');
	}
	expect(readFileSync(path.join(folder, 'history.jsonl'), 'utf8')).toBe('"remember me"\n');
	using terminal = await openChat(folder);
	terminal.press('Up');
	await terminal.shows('>>> remember me');
	terminal.press('C-c', 'C-r');
	terminal.type('mem');
	await terminal.shows('search: mem  remember me');
});

test.skipIf(!tmuxIsHere)('leaving gives the terminal back as it was', async () => {
	using terminal = await openChat(temporaryFolder());
	terminal.press('C-c');
	await terminal.shows('Press Ctrl-D or type /bye to leave.');
	terminal.type('/bye');
	terminal.press('Enter');
	await terminal.shows('left with 0\n$');
	expect(terminal.screen()).not.toContain('Send a message');
	expect(terminal.ask('#{cursor_flag}')).toBe('1');
	terminal.type('stty -a | grep -o " icanon"; echo typed');
	terminal.press('Enter');
	await terminal.shows(' icanon\ntyped');
});

test.skipIf(!tmuxIsHere)('Ctrl-Z gives the shell the screen, and fg brings the chat back', async () => {
	// Only a shell with job control can do this.
	using terminal = await openChat(temporaryFolder());
	terminal.type('half a line');
	await terminal.shows('half a line');
	terminal.press('C-z');
	await terminal.shows(screen => screen.endsWith('$') && !screen.includes('half a line'), 'the shell');
	terminal.type('echo in the shell');
	terminal.press('Enter');
	await terminal.shows('\nin the shell\n');
	terminal.type('fg');
	terminal.press('Enter');
	await terminal.shows('>>> half a line');
	terminal.press('Enter');
	await terminal.shows('You said: half a line');
});

test.skipIf(!tmuxIsHere)('Ctrl-G hands the line to an editor and takes it back', async () => {
	using terminal = await openChat(temporaryFolder(), size, {MOFA_EDITOR: 'sed -i -e s/line/message/'});
	terminal.type('a line');
	await terminal.shows('>>> a line');
	terminal.press('C-g');
	await terminal.shows('>>> a message');
});

test.skipIf(!tmuxIsHere)('a model cannot rename the window', async () => {
	using terminal = await openChat(temporaryFolder());
	terminal.type('evil');
	terminal.press('Enter');
	await terminal.shows('before ␛]52;c;aGVsbG8=␇');
	expect(terminal.ask('#{pane_title}')).not.toBe('stolen');
});

test.skipIf(!tmuxIsHere)('NO_COLOR leaves no colour on the screen', async () => {
	for (const [env, colored] of [
		[{NO_COLOR: '1'}, false],
		[{}, true],
	] as const) {
		using terminal = await openChat(temporaryFolder(), size, env);
		terminal.type('markdown');
		terminal.press('Enter');
		await terminal.shows(screen => screen.includes('The end.') && screen.includes(invitation), 'the end');
		const styled = terminal.screen({styled: true, all: true});
		expect(new RegExp(String.raw`\u001B\[(?:\d+;)*3[0-8]`).test(styled)).toBe(colored);
	}
});

/** The text of the one prompt on the screen, without folds; undefined when there is not exactly one. */
function rejoined(screen: string): string | undefined {
	const [, prompt, ...others] = screen.split('>>> the ');
	return prompt === undefined || others.length > 0 ? undefined : `the${prompt.replaceAll(/\s/g, '')}`;
}
