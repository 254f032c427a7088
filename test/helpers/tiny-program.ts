import {programImage} from '../../src/backends/flite/program-image.ts';
import type {ThreadProgram} from '../../src/backends/flite/utterance-thread.ts';
import {webAssembly} from '../../src/backends/flite/web-assembly.ts';

const header = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
const counted = (bytes: readonly number[]): readonly number[] => [bytes.length, ...bytes];
const section = (kind: number, ...bytes: readonly number[]): readonly number[] => [kind, ...counted(bytes)];
const name = (text: string): readonly number[] => counted([...Buffer.from(text)]);

/** With one argument it traps, with three it never ends; with two it returns. */
export const traps: readonly string[] = ['a'];
export const returns: readonly string[] = ['a', 'b'];
export const neverEnds: readonly string[] = ['a', 'b', 'c'];

// prettier-ignore
const start = [
	0,
	0x41, 0, 0x41, 4, 0x10, 0, 0x1a, // args_sizes_get(0, 4)
	0x41, 0, 0x28, 2, 0, 0x41, 1, 0x46, 0x04, 0x40, 0x00, 0x0b, // if (count === 1) trap
	0x41, 0, 0x28, 2, 0, 0x41, 3, 0x46, 0x04, 0x40, 0x03, 0x40, 0x0c, 0, 0x0b, 0x0b, // if (count === 3) loop
	0x0b,
];

/** A WASI command of a hundred bytes; `entry` is the function that begins it. */
export async function tinyProgram(entry = '_start'): Promise<ThreadProgram> {
	const bytes = Uint8Array.from([
		...header,
		...section(1, 2, 0x60, 2, 0x7f, 0x7f, 1, 0x7f, 0x60, 0, 0),
		...section(2, 1, ...name('wasi_snapshot_preview1'), ...name('args_sizes_get'), 0, 0),
		...section(3, 1, 1),
		...section(5, 1, 0, 1),
		...section(7, 2, ...name('memory'), 2, 0, ...name(entry), 0, 1),
		...section(10, 1, ...counted(start)),
	]);
	return {module: await webAssembly.compile(bytes), image: programImage(bytes)};
}
