import {stripVTControlCharacters} from 'node:util';
import * as fc from 'fast-check';
import {expect, test} from 'vitest';
import {bar} from '../../../../src/cli/pull/bar.ts';
import {doneLine, plainLine, progressLines, type LineSettings} from '../../../../src/cli/pull/progress-lines.ts';
import {advance, startProgress, totalOf, type PullProgress} from '../../../../src/cli/pull/progress.ts';
import {styled} from '../../../../src/cli/style.ts';
import type {PullEvent} from '../../../../src/contract/store.ts';
import {textWidth} from '../../../../src/tui/graphemes.ts';
import {pullStart} from '../../../helpers/fake-store.ts';

const settings = (changes: Partial<LineSettings> = {}): LineSettings => ({
	columns: 80,
	rows: 24,
	unicode: true,
	paint: (_, text) => text,
	now: 1000,
	...changes,
});

const start = (...sizes: readonly number[]): PullProgress =>
	startProgress(
		pullStart({files: sizes.map((bytes, index) => ({file: `part-${index + 1}.gguf`, bytes, presentBytes: 0}))}),
		1000,
	);

const progress = (file: string, bytes: number, totalBytes: number, bytesPerSecond = 50e6): PullEvent => ({
	type: 'file-progress',
	file,
	bytes,
	totalBytes,
	bytesPerSecond,
});

const after = (from: PullProgress, ...events: readonly PullEvent[]): PullProgress =>
	events.reduce((state, event) => advance(state, event, 1000), from);

test('a file is told with its bar, its share, bytes, rate and the time that is left', () => {
	const state = after(start(4.9e9), progress('part-1.gguf', 1.2e9, 4.9e9));
	expect(progressLines(state, settings())).toEqual([
		'part-1.gguf  ━━━━╸───────────────   24%  1.2 GB of 4.9 GB   50 MB/s  1m14s left',
	]);
});

test('without Unicode the bar and the names are ASCII', () => {
	const name = 'a-name-that-is-far-too-long-for-a-line-of-forty-columns-Q4_K_M.gguf';
	const state = after(
		startProgress(pullStart({files: [{file: name, bytes: 100, presentBytes: 0}]}), 0),
		progress(name, 50, 100, 0),
	);
	for (const columns of [40, 60, 80, 120])
		expect(progressLines(state, settings({columns, unicode: false}))[0]).toMatch(/^[ -~]+$/);
	expect(progressLines(state, settings({unicode: false}))[0]).toContain('====');
});

test('the end of a long name stays, since it tells builds apart', () => {
	const name = 'A-Model-With-A-Very-Long-Name-Indeed-Instruct-2507-Q4_K_M.gguf';
	const state = after(
		startProgress(pullStart({files: [{file: name, bytes: 100, presentBytes: 0}]}), 0),
		progress(name, 50, 100),
	);
	expect(progressLines(state, settings())[0]).toMatch(/^A-Model\S*….*M\.gguf /);
});

test('the parts of one model are told apart by what differs', () => {
	const names = ['1', '2'].map(part => `Qwen3-30B-A3B-Instruct-2507-Q4_K_M-0000${part}-of-00002.gguf`);
	const state = after(
		startProgress(pullStart({files: names.map(file => ({file, bytes: 100, presentBytes: 0}))}), 0),
		...names.map(name => progress(name, 50, 100)),
	);
	const [first, second] = progressLines(state, settings());
	expect(first).toMatch(/^…00001-of-00002\.gguf /);
	expect(second).toMatch(/^…00002-of-00002\.gguf /);
});

test('several files have a line each, and a sum below', () => {
	const state = after(start(100e6, 100e6, 100e6), progress('part-1.gguf', 50e6, 100e6, 10e6), {
		type: 'file-end',
		file: 'part-2.gguf',
		bytes: 100e6,
		source: 'downloaded',
	});
	const lines = progressLines(state, settings());
	expect(lines).toHaveLength(3);
	expect(lines[0]).toMatch(/^part-1\.gguf .* 50% /);
	expect(lines[1]).toBe('1 more file waits');
	expect(lines[2]).toMatch(/^total .* 50% +150 MB of 300 MB +10 MB\/s +15s left$/);
});

test('many files never take more lines than the screen has', () => {
	const sizes = Array.from({length: 40}, () => 100);
	const state = after(start(...sizes), ...sizes.map((_, index) => progress(`part-${index + 1}.gguf`, 1, 100)));
	expect(progressLines(state, settings({rows: 10}))).toHaveLength(8);
	expect(progressLines(state, settings({rows: 10}))[6]).toBe('34 more files wait');
	expect(progressLines(state, settings({rows: 50}))).toHaveLength(12);
});

test('a file that is being tried again says why and when, then goes on', () => {
	const retry: PullEvent = {type: 'file-retry', file: 'part-1.gguf', problem: 'the connection was cut', waitMs: 4200};
	const state = after(start(100), progress('part-1.gguf', 50, 100), retry);
	expect(progressLines(state, settings())).toEqual(['part-1.gguf  the connection was cut; trying again in 5s']);
	expect(progressLines(state, settings({now: 9000}))).toEqual(['part-1.gguf  the connection was cut; trying again']);
	expect(progressLines(after(state, progress('part-1.gguf', 60, 100)), settings())[0]).toContain('60%');
});

test('a rate that is old is not shown', () => {
	const state = after(start(4.9e9), progress('part-1.gguf', 1.2e9, 4.9e9));
	expect(progressLines(state, settings({now: 20_000}))[0]).not.toContain('MB/s');
});

test('progress never goes backwards, and the end is the whole file', () => {
	const state = after(start(100), progress('part-1.gguf', 60, 100), progress('part-1.gguf', 40, 100));
	expect(totalOf(state).bytes).toBe(60);
	const done = after(state, {type: 'file-end', file: 'part-1.gguf', bytes: 100, source: 'downloaded'});
	expect(progressLines(done, settings())).toEqual([]);
	expect(totalOf(done)).toEqual({bytes: 100, totalBytes: 100, bytesPerSecond: 0});
});

test('a file that nobody announced changes nothing', () => {
	const state = start(100);
	expect(after(state, progress('../../etc/passwd', 60, 100))).toEqual(state);
});

test('99.9 % is not 100 %', () => {
	expect(plainLine(after(start(1000), progress('part-1.gguf', 999, 1000, 0)))).toBe('999 B of 1.0 kB (99%)');
});

test.each([
	[50, '2s left'],
	[100e6, '1m38s left'],
	[1e6, '1h21m left'],
	[0, '(0%)'],
])('at %i bytes a second a log says %s', (rate, said) => {
	const bytes = rate === 50 ? 100 : 4.9e9;
	const total = rate === 100e6 ? 9.8e9 : bytes;
	expect(plainLine(after(start(total), progress('part-1.gguf', 0, total, rate)))).toContain(said);
});

test('what is done is one line that stays', () => {
	const file = after(start(4.9e9), {type: 'file-end', file: 'part-1.gguf', bytes: 4.9e9, source: 'shared'}).files[0];
	expect(file && doneLine(file, settings())).toBe('✓ part-1.gguf  4.9 GB, brought by another pull');
	expect(file && doneLine(file, settings({unicode: false}))).toMatch(/^ok part-1/);
});

test('a name with control characters or wide letters breaks no line', () => {
	const names = ['a\u001B[2Jb\nc.gguf', '模型模型模型模型模型模型模型模型模型模型模型.gguf'];
	for (const name of names) {
		const state = after(
			startProgress(pullStart({files: [{file: name, bytes: 100, presentBytes: 0}]}), 0),
			progress(name, 50, 100),
		);
		const [line = ''] = progressLines(state, settings());
		expect(line).not.toContain('\u001B');
		expect(line).not.toContain('\n');
		expect(textWidth(line)).toBeLessThan(80);
	}
});

test('whatever the width, no line wraps and colour does not count', () => {
	const paint: LineSettings['paint'] = (style, text) => styled({color: true}, style, text);
	fc.assert(
		fc.property(
			fc.integer({min: 10, max: 300}),
			fc.integer({min: 1, max: 60}),
			fc.array(fc.record({name: fc.string({minLength: 1, maxLength: 80}), bytes: fc.nat(), total: fc.nat()}), {
				minLength: 1,
				maxLength: 8,
			}),
			fc.nat(1e9),
			(columns, rows, files, rate) => {
				const begun = startProgress(
					pullStart({files: files.map(({name, total}) => ({file: name, bytes: total, presentBytes: 0}))}),
					0,
				);
				const state = after(begun, ...files.map(({name, bytes, total}) => progress(name, bytes, total, rate)));
				for (const line of progressLines(state, settings({columns, rows, paint})))
					expect(textWidth(stripVTControlCharacters(line))).toBeLessThan(columns);
			},
		),
	);
});

test('a bar is as long as it should be, full only at the end', () => {
	expect(bar(0, 4, true)).toEqual({filled: '', rest: '────'});
	expect(bar(0.375, 4, true)).toEqual({filled: '━╸', rest: '──'});
	expect(bar(0.999, 4, true).filled).toBe('━━━╸');
	expect(bar(1, 4, false)).toEqual({filled: '====', rest: ''});
	expect(bar(7, 4, false).filled).toBe('====');
});
