import * as fc from 'fast-check';
import {expect, test} from 'vitest';
import {createKeyDecoder, type InputEvent} from '../../../src/tui/input/key-decoder.ts';

const escape = '\u001B';
const decode = (...chunks: readonly string[]): readonly InputEvent[] => {
	const decoder = createKeyDecoder();
	return chunks.flatMap(chunk => decoder.push(chunk));
};
const keys = (text: string): readonly string[] =>
	decode(text).map(event => (event.type === 'key' ? event.key : event.type));

test.each([
	['\r', 'enter'],
	['\n', 'ctrl-j'],
	['\t', 'tab'],
	['\u007F', 'backspace'],
	['\u0003', 'ctrl-c'],
	['\u001A', 'ctrl-z'],
	[`${escape}[A`, 'up'],
	[`${escape}OB`, 'down'],
	[`${escape}[H`, 'home'],
	[`${escape}[4~`, 'end'],
	[`${escape}[3~`, 'delete'],
	[`${escape}[1;5D`, 'ctrl-left'],
	[`${escape}[1;3C`, 'alt-right'],
	[`${escape}b`, 'alt-b'],
	[`${escape}\u007F`, 'alt-backspace'],
	[`${escape}\r`, 'alt-enter'],
	[`${escape}[13;2u`, 'shift-enter'],
	[`${escape}[27;2;13~`, 'shift-enter'],
	[`${escape}[Z`, 'shift-tab'],
])('%j is %s', (sequence, key) => {
	expect(decode(sequence)).toEqual([{type: 'key', key}]);
});

test('text and keys in one chunk come apart in order', () => {
	expect(decode(`one\rtwö${escape}[D日`)).toEqual([
		{type: 'text', text: 'one'},
		{type: 'key', key: 'enter'},
		{type: 'text', text: 'twö'},
		{type: 'key', key: 'left'},
		{type: 'text', text: '日'},
	]);
});

test('a paste keeps its line breaks as text, however it is cut into chunks', () => {
	const whole = `x${escape}[200~one\r\ntwo\rthree${escape}[31m\u0007!${escape}[201~\r`;
	const expected = [
		{type: 'text', text: 'x'},
		{type: 'paste', text: 'one\ntwo\nthree!'},
		{type: 'key', key: 'enter'},
	];
	for (let cut = 0; cut <= whole.length; cut += 1) {
		const events = decode(whole.slice(0, cut), whole.slice(cut));
		expect(events, `cut at ${cut}`).toEqual(expected);
	}
});

test('an escape sequence in two chunks is one key', () => {
	expect(decode(`${escape}[1;`, '5C')).toEqual([{type: 'key', key: 'ctrl-right'}]);
});

test('the Escape key is known once nothing follows', () => {
	const decoder = createKeyDecoder();
	expect(decoder.push(escape)).toEqual([]);
	expect(decoder.pending()).toBe(true);
	expect(decoder.flush()).toEqual([{type: 'key', key: 'escape'}]);
	expect(decoder.pending()).toBe(false);
});

test('reports that nobody asked for type nothing', () => {
	expect(
		keys(`${escape}[?62;4c${escape}[I${escape}]11;rgb:00/00/00\u0007${escape}P1$r0m${escape}\\${escape}[<0;1;2M`),
	).toEqual([]);
	expect(keys(`${escape}[24;80Ra`)).toEqual(['text']);
});

test('nothing typed makes the decoder fail or lets a control character through', () => {
	const byte = fc.constantFrom(...`${escape}[]OP~;0123456789ABCMu\r\n\t\u0007\u0000\u009Bab日\\`);
	fc.assert(
		fc.property(
			fc.array(
				fc.array(byte, {maxLength: 12}).map(bytes => bytes.join('')),
				{maxLength: 8},
			),
			chunks => {
				const decoder = createKeyDecoder();
				const events = [...chunks.flatMap(chunk => decoder.push(chunk)), ...decoder.flush()];
				for (const event of events)
					if (event.type !== 'key') expect(event.text.replaceAll(/[\n\t]/g, '')).toMatch(/^\P{Cc}*$/u);
			},
		),
		{numRuns: 500},
	);
});
