import {cleanup, render} from 'ink-testing-library';
import {afterEach, expect, test, vi} from 'vitest';
import {defaultSettings} from '../../src/tui/chat-settings.ts';
import {ChatView} from '../../src/tui/components/chat-view.tsx';
import {welcomeLines} from '../../src/tui/notices.ts';
import {initialState} from '../../src/tui/state.ts';
import {createStore, type Store} from '../../src/tui/store.ts';
import {colorTheme, plainTheme, type Theme} from '../../src/tui/theme.ts';

afterEach(cleanup);

function open(theme: Theme = plainTheme): {readonly store: Store; frame(): string; shows(text: string): Promise<void>} {
	const store = createStore(
		initialState({model: 'guide', task: 'chat', settings: defaultSettings, size: {columns: 60, rows: 20}}),
	);
	const view = render(<ChatView store={store} theme={theme} now={() => 0} />);
	const frame = (): string => view.lastFrame() ?? '';
	return {store, frame, shows: text => vi.waitFor(() => expect(frame()).toContain(text))};
}

const plain = (frame: string): string =>
	frame.replaceAll(new RegExp(String.raw`\u001B\[[\d;]*m`, 'g'), '').replaceAll(/ +$/gm, '');

test('a whole turn, frame by frame', async () => {
	const {store, frame, shows} = open();
	store.dispatch({type: 'lines-printed', lines: welcomeLines({model: 'guide', because: 'a toy', task: 'chat'})});
	await shows('a toy');
	expect(plain(frame())).toBe(
		['guide  a toy', '/help for commands, Ctrl-D to leave', '', '>>> Send a message (/help for help)'].join('\n'),
	);

	store.dispatch({type: 'text-inserted', text: '日本 hello'});
	await shows('日本 hello');
	store.dispatch({type: 'draft-replaced', text: ''});
	store.dispatch({type: 'turn-started', prompt: '日本 hello', now: 0});
	await shows('waiting for guide');
	expect(plain(frame()).split('\n').slice(2)).toEqual([
		'',
		'>>> 日本 hello',
		'',
		expect.stringMatching(/^. waiting for guide$/u),
		'',
		'>>>',
	]);

	store.dispatch({type: 'text-arrived', text: '# Title\n\nSome **bo', now: 1});
	await shows('Some **bo');
	store.dispatch({type: 'text-arrived', text: 'ld** words.', now: 2});
	await shows('Some ');
	store.dispatch({type: 'turn-ended', cut: false, now: 3});
	await shows('Send a message');
	expect(plain(frame()).split('\n').slice(3)).toEqual([
		'>>> 日本 hello',
		'Title',
		'',
		'Some bold words.',
		'',
		'>>> Send a message (/help for help)',
	]);
});

test('rows are as long as they are: code wider than the screen is not cut', async () => {
	const {store, frame, shows} = open();
	const code = 'x'.repeat(150);
	store.dispatch({type: 'turn-started', prompt: 'code', now: 0});
	store.dispatch({type: 'text-arrived', text: `\`\`\`\n${code}\n\`\`\`\n`, now: 1});
	store.dispatch({type: 'turn-ended', cut: false, now: 2});
	await shows('Send a message');
	expect(plain(frame()).split('\n')).toContain(code);
});

test('colours are there with one theme and not with the other', async () => {
	for (const theme of [colorTheme, plainTheme]) {
		const {store, frame, shows} = open(theme);
		store.dispatch({type: 'turn-started', prompt: 'x', now: 0});
		store.dispatch({type: 'text-arrived', text: '# T\n\n`code` [a](b)\n\n- item', now: 1});
		store.dispatch({type: 'turn-ended', cut: false, now: 2});
		await shows('Send a message');
		expect(new RegExp(String.raw`\u001B\[(?:\d+;)*(?:3|9|4)\d(?:;\d+)*m`).test(frame())).toBe(theme === colorTheme);
	}
});

test('an escape sequence of the model does not reach the screen', async () => {
	const {store, frame, shows} = open();
	store.dispatch({type: 'turn-started', prompt: '\u001B]0;x\u0007', now: 0});
	store.dispatch({type: 'text-arrived', text: 'a\u001B]52;c;aGk=\u0007b\u009B2J', now: 1});
	store.dispatch({type: 'turn-ended', cut: false, now: 2});
	await shows('Send a message');
	expect(plain(frame())).toMatch(/^[\P{Cc}\n]*$/u);
	expect(frame()).toContain('a␛]52;c;aGk=␇b');
});
