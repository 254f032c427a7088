import {expect, test} from 'vitest';
import {frameOf, LiveLines} from '../../../../src/cli/pull/live-lines.ts';
import type {Output} from '../../../../src/cli/terminal.ts';

const up = (rows: number): string => `\u001B[${rows}A`;

/** An output that takes a write only when it is told to. */
function slowOutput(): Output & {readonly writes: string[]; release(): void} {
	const writes: string[] = [];
	const waiting: Array<() => void> = [];
	return {
		isTerminal: true,
		columns: 80,
		rows: 24,
		color: false,
		writes,
		write(text) {
			writes.push(String(text));
			return new Promise(resolve => waiting.push(resolve));
		},
		release: () => waiting.shift()?.(),
	};
}

test('a frame goes up over the last one, writes over it, and erases only what is left', () => {
	expect(frameOf([], [], ['a'], 80)).toBe('\ra\u001B[K\n\u001B[J');
	expect(frameOf(['a', 'b'], [], ['c'], 80)).toBe(`\r${up(2)}c\u001B[K\n\u001B[J`);
});

test('what stays is written over the lines that change', () => {
	expect(frameOf(['a'], ['done'], ['b'], 80)).toBe(`\r${up(1)}done\u001B[K\nb\u001B[K\n\u001B[J`);
});

test('lines that a narrower terminal has folded are counted as what they became', () => {
	expect(frameOf(['x'.repeat(79), 'short'], [], [], 40)).toContain(up(3));
	expect(frameOf([`\u001B[36m${'x'.repeat(40)}\u001B[39m`], [], [], 40)).toContain(up(1));
});

test('a terminal that is behind gets the newest frame and not every one', async () => {
	const output = slowOutput();
	const lines = new LiveLines(output);
	lines.draw(['1']);
	lines.draw(['2']);
	lines.draw(['3']);
	expect(output.writes).toHaveLength(1);
	output.release();
	await new Promise(resolve => setImmediate(resolve));
	lines.draw(['4']);
	expect(output.writes[1]).toContain('4');
});

test('a frame that would change nothing is not written', async () => {
	const output = slowOutput();
	const lines = new LiveLines(output);
	lines.draw(['1']);
	output.release();
	await new Promise(resolve => setImmediate(resolve));
	lines.draw(['1']);
	expect(output.writes).toHaveLength(1);
});

test('clearing leaves nothing, even while a frame is on its way', async () => {
	const output = slowOutput();
	const lines = new LiveLines(output);
	lines.draw(['1', '2']);
	const cleared = lines.clear();
	expect(output.writes[1]).toBe(`\r${up(2)}\u001B[J`);
	output.release();
	output.release();
	await cleared;
	await lines.clear();
	expect(output.writes).toHaveLength(2);
});
