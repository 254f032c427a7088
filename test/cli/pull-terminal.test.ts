import {mkdtempSync, writeFileSync} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {beforeAll, expect, test, vi} from 'vitest';
import {openTmux, tmuxIsHere, type TmuxTerminal} from '../fixtures/tui/tmux.ts';
import {bundle} from '../helpers/bundle.ts';

if (!tmuxIsHere) console.warn('SKIPPED: tmux is not installed, so no pull is watched in a real terminal');

// Real programs start here, maybe on a machine with much else to do; each wait has its own bound.
vi.setConfig({testTimeout: 120_000});

let program = '';
beforeAll(async () => {
	if (tmuxIsHere) program = await bundle(path.resolve(import.meta.dirname, '../fixtures/pull/scripted-pull.ts'));
});

const times = (text: string, part: string | RegExp): number => text.split(part).length - 1;

function startPull(env: Readonly<Record<string, string>> = {}): {terminal: TmuxTerminal; finish: () => void} {
	const file = path.join(mkdtempSync(path.join(os.tmpdir(), 'mofa-pull-')), 'finish');
	const terminal = openTmux(80, 24, {LANG: 'C.UTF-8', ...env});
	terminal.type(`clear; '${process.execPath}' '${program}' '${file}'`);
	terminal.press('Enter');
	return {terminal, finish: () => writeFileSync(file, '')};
}

const halfway = (lines: number) => (screen: string) => times(screen, ' 50%') === lines;

test.skipIf(!tmuxIsHere)('each file keeps its line, whatever happens to the size of the terminal', async () => {
	const {terminal: opened, finish} = startPull();
	using terminal = opened;
	await terminal.shows(halfway(3), 'two files and their sum');
	expect(terminal.screen()).toMatch(/…00001-of-00002\.gguf +━+╸?─+ +50% +2\.0 GB of 4\.0 GB +100 MB\/s +20s left\n/);
	for (const columns of [50, 30, 120, 60]) {
		terminal.resize(columns, 24);
		await terminal.shows(screen => {
			const bars = /━/.test(screen);
			return halfway(3)(screen) && bars === columns >= 60;
		}, `a screen of ${columns} columns in order`);
		expect(times(terminal.screen(), '00001-of')).toBeLessThanOrEqual(1);
		expect(times(terminal.screen(), /^total /m)).toBe(1);
	}
	finish();
	await terminal.shows('mofa run qwen3');
	expect(terminal.screen()).not.toContain('%');
	expect(times(terminal.screen(), '✓ Model-Q4_K_M-0000')).toBe(2);
});

test.skipIf(!tmuxIsHere)('Ctrl-C leaves a clean screen and says how to go on', async () => {
	using terminal = startPull().terminal;
	await terminal.shows(halfway(3), 'two files and their sum');
	terminal.press('C-c');
	await terminal.shows('stopped: 4.0 GB of 8.0 GB are here; mofa pull qwen3 goes on where it stopped');
	expect(terminal.screen()).not.toContain('%');
	expect(terminal.screen()).not.toContain('^C');
	terminal.type('echo $?');
	terminal.press('Enter');
	await terminal.shows(/^130$/m);
});

test.skipIf(!tmuxIsHere)('without colour and Unicode it is plain, and still redrawn in place', async () => {
	const {terminal: opened, finish} = startPull({LANG: 'C', LC_ALL: 'C', NO_COLOR: '1'});
	using terminal = opened;
	await terminal.shows(halfway(3), 'two files and their sum');
	expect(terminal.screen({styled: true})).toMatch(/^~00001-of-00002\.gguf +=+-?\.+ +50%/m);
	finish();
	await terminal.shows('mofa run qwen3');
	expect(terminal.screen()).not.toContain('%');
});
