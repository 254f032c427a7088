import {EventEmitter} from 'node:events';
import {setImmediate as nextTurn} from 'node:timers/promises';
import {expect, test} from 'vitest';
import type {InputEvent} from '../../../src/tui/input/key-decoder.ts';
import {createTerminal, type Terminal} from '../../../src/tui/terminal.ts';

/** A terminal whose keyboard is `type`. */
function open(): {readonly terminal: Terminal; readonly type: (text: string) => void; readonly events: InputEvent[]} {
	const keyboard = new EventEmitter();
	const events: InputEvent[] = [];
	const stdin = Object.assign(keyboard, {setRawMode() {}, resume() {}, pause() {}});
	const terminal = createTerminal(
		{stdin: stdin as unknown as NodeJS.ReadStream, stdout: {write: () => true} as unknown as NodeJS.WriteStream},
		{input: event => events.push(event), hangUp() {}},
	);
	return {terminal, type: text => keyboard.emit('data', Buffer.from(text)), events};
}

const typed = (text: string, ...keys: readonly string[]): readonly InputEvent[] => [
	{type: 'text', text},
	...keys.map((key): InputEvent => ({type: 'key', key})),
];

test('a line that was typed before the chat opened is sent: the terminal had made a line feed of Enter', () => {
	const {terminal, type, events} = open();
	terminal.acquire();
	type('/bye\n');
	expect(events).toEqual(typed('/bye', 'enter'));
	terminal.release();
});

test('several lines that came before are a draft, as a paste would be', () => {
	const {terminal, type, events} = open();
	terminal.acquire();
	type('one\ntwo\n');
	expect(events).toEqual([...typed('one', 'ctrl-j'), ...typed('two', 'ctrl-j')]);
	terminal.release();
});

test('once keys come one by one, a line feed is Ctrl-J again', async () => {
	const {terminal, type, events} = open();
	terminal.acquire();
	for (let turn = 0; turn < 10; turn += 1) await nextTurn();
	type('one\n');
	expect(events).toEqual(typed('one', 'ctrl-j'));
	terminal.release();
});
