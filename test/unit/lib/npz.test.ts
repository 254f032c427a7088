import {readFile} from 'node:fs/promises';
import path from 'node:path';
import {expect, test} from 'vitest';
import {readNpy, readNpz} from '../../../src/lib/npz.ts';
import {repositoryRoot} from '../../helpers/bundle.ts';

const folder = path.join(repositoryRoot, 'test/fixtures/speech/kitten');
const stored = await readFile(path.join(folder, 'voices.npz'));

test('arrays are read by name, stored or packed', async () => {
	const arrays = readNpz(stored);
	expect([...arrays.keys()]).toEqual(['expr-voice-2-f', 'expr-voice-2-m']);
	expect(arrays.get('expr-voice-2-m')).toEqual({shape: [1, 4], data: Float32Array.of(0.5, 0.5, 0.5, 0.5)});
	const packed = readNpz(await readFile(path.join(folder, 'packed.npz')));
	expect(packed.get('numbers')).toEqual({shape: [2, 3], data: Float32Array.of(0, 1, 2, 3, 4, 5)});
});

test('a cut or a changed byte gives a RangeError or other numbers, and never anything worse', () => {
	for (let at = 0; at < stored.length; at += 1) {
		const damaged = Buffer.from(stored);
		damaged[at] = (damaged[at] ?? 0) ^ 0xff;
		for (const bytes of [stored.subarray(0, at), damaged]) {
			try {
				readNpz(bytes);
			} catch (error) {
				expect(error).toBeInstanceOf(Error);
				expect(error instanceof RangeError || String(error).includes('Z_')).toBe(true);
			}
		}
	}
});

test('arrays of another type or order are refused', () => {
	const header = (text: string): Buffer =>
		Buffer.from(`\u0093NUMPY\u0001\u0000${String.fromCharCode(text.length)}\u0000${text}`, 'latin1');
	expect(() => readNpy(header("{'descr': '<f8', 'fortran_order': False, 'shape': (1,)}"))).toThrow(RangeError);
	expect(() => readNpy(header("{'descr': '<f4', 'fortran_order': True, 'shape': (1,)}"))).toThrow(RangeError);
	expect(() => readNpy(header("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999,)}"))).toThrow(
		RangeError,
	);
	expect(() => readNpy(Buffer.from('PK'))).toThrow(RangeError);
});
