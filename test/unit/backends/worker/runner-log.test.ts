import {once} from 'node:events';
import {PassThrough} from 'node:stream';
import {expect, test} from 'vitest';
import {RunnerLog} from '../../../../src/backends/worker/runner-log.ts';

async function logOf(chunks: ReadonlyArray<string | Buffer>, now = (): number => 0): Promise<[string[], RunnerLog]> {
	const lines: string[] = [];
	const log = new RunnerLog(line => lines.push(line), now);
	const stream = new PassThrough();
	log.follow(stream);
	for (const chunk of chunks) stream.write(chunk);
	stream.end();
	await once(stream, 'close');
	return [lines, log];
}

test('lines come whole, however the chunks are cut, the last one without its newline too', async () => {
	const euro = Buffer.from('€');
	const [lines] = await logOf(['one\r\ntw', 'o\n\nprice ', euro.subarray(0, 1), euro.subarray(1), '\nend']);
	expect(lines).toEqual(['one', 'two', 'price €', 'end']);
});

test('nothing a terminal would obey gets through', async () => {
	const [lines] = await logOf(['\u001B[31mred\u001B[0m\u0007 bell\u001B]0;title\u0007\n']);
	expect(lines.join('')).not.toMatch(/\p{Cc}/u);
	expect(lines[0]).toContain('red');
});

test('the last twenty lines are kept, each bounded', async () => {
	const [lines, log] = await logOf([...Array.from({length: 30}, (_, index) => `line ${index}\n`), 'x'.repeat(1e6)]);
	expect(log.tail).toHaveLength(20);
	expect(log.tail[0]).toBe('line 11');
	expect(log.tail.at(-1)).toHaveLength(2000);
	expect(lines).toHaveLength(31);
});

test('stack traces are passed on, but do not push out what they are about', async () => {
	const [lines, log] = await logOf([
		'ggml.c:12: GGML_ASSERT(x) failed\n',
		'----- Native stack trace -----\n',
		...Array.from({length: 30}, (_, index) => ` ${index}: 0xb8ced1 node::Abort() [node]\n`),
		'#4  0x00007f in wait4 ()\n/lib/libggml.so(ggml_abort+0x152)[0x7f12ab]\n    at run (file.js:1:2)\n',
	]);
	expect(lines).toHaveLength(35);
	expect(log.tail).toEqual(['ggml.c:12: GGML_ASSERT(x) failed']);
});

test('a flood is cut off within its second and what was left out is counted', async () => {
	let time = 0;
	const [lines, log] = await logOf(
		Array.from({length: 1001}, (_, index) => `line ${index}\n`),
		() => (time++ < 1000 ? 0 : 1000),
	);
	expect(lines).toHaveLength(202);
	expect(lines.slice(-2)).toEqual(['(800 more lines)', 'line 1000']);
	expect(log.tail.at(-1)).toBe('line 1000');
});
