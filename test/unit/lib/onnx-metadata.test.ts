import {readFile, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {expect, test} from 'vitest';
import {readOnnxMetadata} from '../../../src/lib/onnx-metadata.ts';
import {identityFile} from '../../helpers/identity-file.ts';
import {asrFixture} from '../../helpers/speech-model.ts';
import {temporaryFolder} from '../../helpers/temporary-folder.ts';

async function read(bytes: Uint8Array): Promise<ReadonlyMap<string, string> | null> {
	const file = path.join(temporaryFolder(), 'model.onnx');
	await writeFile(file, bytes);
	return readOnnxMetadata(file);
}

const varint = (value: number): number[] => (value < 128 ? [value] : [(value % 128) + 128, ...varint(value >> 7)]);
const field = (number: number, content: Uint8Array): Buffer =>
	Buffer.concat([Buffer.from([number * 8 + 2, ...varint(content.length)]), content]);
const fact = (key: string, value: string): Buffer =>
	field(14, Buffer.concat([field(1, Buffer.from(key)), field(2, Buffer.from(value))]));

test('a graph says what its exporter wrote into it', async () => {
	const facts = await readOnnxMetadata(
		path.join(asrFixture('sherpa-onnx-streaming-paraformer-test'), 'encoder.int8.onnx'),
	);
	expect(facts?.get('model_type')).toBe('paraformer');
	expect(facts?.get('neg_mean')?.split(',')).toHaveLength(560);
});

test('facts stand before the graph or behind it, and a graph may say nothing', async () => {
	const before = await read(Buffer.concat([fact('where', 'before'), identityFile]));
	expect(before).toEqual(new Map([['where', 'before']]));
	const behind = await read(Buffer.concat([identityFile, fact('größe', '4 µm'), fact('empty', '')]));
	expect([...(behind ?? [])]).toEqual([
		['größe', '4 µm'],
		['empty', ''],
	]);
	expect(await read(identityFile)).toEqual(new Map());
});

test('a file that was cut anywhere is none, but between its fields', async () => {
	const whole = await readFile(path.join(asrFixture('streaming-lstm/model'), 'joiner.onnx'));
	let ends = 0;
	for (let length = whole.length - 1; length > 0; length -= 7)
		if ((await read(whole.subarray(0, length))) !== null) ends += 1;
	expect(ends).toBeLessThan(3);
	expect(await read(new Uint8Array())).toBeNull();
});

test('what no graph has is not read to its end', async () => {
	expect(await read(Buffer.from('<!DOCTYPE html><html></html>'))).toBeNull();
	expect(await read(Buffer.alloc(4096, 255))).toBeNull();
	expect(await read(Buffer.concat([identityFile, fact('long', 'x'.repeat(2 ** 20))]))).toBeNull();
	const many = Array.from({length: 5000}, (_, index) => fact(String(index), ''));
	expect(await read(Buffer.concat([identityFile, ...many]))).toBeNull();
	// A length of 2^63 bytes.
	expect(await read(Buffer.from([0x3a, ...Array.from({length: 8}, () => 255), 127]))).toBeNull();
});

test('a file that is not there is what the file system says', async () => {
	await expect(readOnnxMetadata('/nowhere/model.onnx')).rejects.toMatchObject({code: 'ENOENT'});
});
