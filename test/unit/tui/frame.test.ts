import * as fc from 'fast-check';
import {expect, test} from 'vitest';
import {defaultSettings} from '../../../src/tui/chat-settings.ts';
import {frameOf} from '../../../src/tui/frame.ts';
import {reduce} from '../../../src/tui/reduce.ts';
import {reanchor} from '../../../src/tui/reflow.ts';
import {initialState, type Action, type ChatState} from '../../../src/tui/state.ts';
import {lineWidth, plainText, span} from '../../../src/tui/styled-text.ts';

const start = initialState({model: 'guide', task: 'chat', settings: defaultSettings, size: {columns: 40, rows: 12}});
const after = (...actions: readonly Action[]): ChatState => actions.reduce(reduce, start);
const rows = (state: ChatState, now = 0): readonly string[] =>
	frameOf(state, now).lines.map(line => plainText(line).trimEnd());

test('an empty line invites, with the cursor behind the prompt', () => {
	expect(rows(start)).toEqual(['>>> Send a message (/help for help)']);
	expect(frameOf(start, 0).cursor).toEqual({x: 4, y: 0});
});

test('a load tells which model and how far it is', () => {
	const state = after({type: 'load-started', model: 'org/big', now: 0}, {type: 'load-progressed', fraction: 0.435});
	expect(rows(state)[0]).toMatch(/^. loading org\/big 43 %$/u);
});

test('a message that waits says for what and how long', () => {
	const state = after({type: 'turn-started', prompt: 'hello', now: 0});
	expect(rows(state, 3_400)).toEqual(['', expect.stringMatching(/waiting for guide 3 s$/), '', '>>>']);
	expect(rows(reduce(state, {type: 'turn-progressed', fraction: 0.9}), 0)[1]).toContain('loading guide 90 %');
});

test('hidden thinking is one row that counts', () => {
	const hidden = after(
		{type: 'settings-changed', settings: {...defaultSettings, hideThinking: true}},
		{type: 'turn-started', prompt: 'x', now: 0},
		{type: 'thinking-arrived', text: 'secret', now: 1000},
	);
	expect(rows(hidden, 13_000).join('\n')).toContain('thinking… 12 s');
	expect(rows(hidden, 13_000).join('\n')).not.toContain('secret');
});

test('the answer grows above the line, which stays in place with what is typed ahead', () => {
	const state = after(
		{type: 'turn-started', prompt: 'x', now: 0},
		{type: 'text-arrived', text: 'Some **bold', now: 1},
		{type: 'text-inserted', text: 'next'},
		{type: 'message-queued', text: 'queued'},
	);
	expect(rows(state)).toEqual([
		'Some **bold',
		'',
		expect.stringContaining('Ctrl-C stops'),
		'next: queued',
		'',
		'>>> next',
	]);
});

test('a search shows what it found', () => {
	const searching = after(
		{type: 'history-loaded', entries: ['alpha', 'beta']},
		{type: 'search-started'},
		{type: 'search-typed', query: 'lph'},
	);
	expect(rows(searching)).toEqual(['search: lph  alpha']);
	expect(rows(reduce(searching, {type: 'search-typed', query: 'zzz'}))).toEqual(['search: zzz  nothing like this']);
});

test('a list to choose from marks the chosen one and scrolls', () => {
	const items = Array.from({length: 30}, (_, index) => `model-${index}`);
	const state = after({type: 'picker-opened', picker: {title: 'Which?', items, index: 20}});
	expect(rows(state)).toContain('❯ model-20');
	expect(rows(state).length).toBeLessThan(12);
	expect(frameOf(state, 0).cursor).toBeUndefined();
});

test('a frame is never as high as the screen nor wider than it, whatever is going on', () => {
	const text = fc
		.array(fc.constantFrom('word ', '日本', '\n', '**', '```\n', '- ', 'x'.repeat(90)), {maxLength: 30})
		.map(parts => parts.join(''));
	const action: fc.Arbitrary<Action> = fc.oneof(
		text.map(text => ({type: 'text-inserted', text}) as const),
		text.map(prompt => ({type: 'turn-started', prompt, now: 0}) as const),
		text.map(text => ({type: 'text-arrived', text, now: 1}) as const),
		text.map(text => ({type: 'thinking-arrived', text, now: 1}) as const),
		text.map(text => ({type: 'message-queued', text}) as const),
		fc.constant({type: 'turn-ended', cut: true, now: 2} as const),
		fc.constant({type: 'load-started', model: 'm'.repeat(200), now: 0} as const),
		fc.array(text).map(candidates => ({type: 'candidates-offered', candidates}) as const),
		fc.record({
			type: fc.constant('screen-resized' as const),
			columns: fc.integer({min: 8, max: 100}),
			rows: fc.integer({min: 4, max: 40}),
		}),
	);
	fc.assert(
		fc.property(fc.array(action, {maxLength: 25}), actions => {
			const state = after(...actions);
			const {lines, cursor} = frameOf(state, 5000);
			expect(lines.length).toBeLessThan(state.size.rows);
			for (const line of lines) expect(lineWidth(line)).toBeLessThanOrEqual(state.size.columns);
			if (cursor !== undefined) {
				expect(cursor.y).toBeLessThan(lines.length);
				expect(cursor.x).toBeLessThan(state.size.columns);
			}
		}),
		{numRuns: 150},
	);
});

test('messages that wait fit a narrow screen, however many there are', () => {
	const queued = {type: 'message-queued', text: ''} as const;
	const state = after(queued, queued, queued, {type: 'screen-resized', columns: 8, rows: 12});
	for (const line of frameOf(state, 0).lines) expect(lineWidth(line)).toBeLessThanOrEqual(8);
});

test('re-anchoring climbs over folded rows and returns to where the renderer believes it is', () => {
	const frame = {lines: [[span('a'.repeat(25))], [span('b'.repeat(5))], [span('c')]], cursor: {x: 3, y: 1}};
	expect(reanchor(frame, 10)).toBe('\u001B[3A\r\u001B[J\n\n\n\u001B[2A');
	expect(reanchor({lines: [], cursor: undefined}, 10)).toBe('');
});
