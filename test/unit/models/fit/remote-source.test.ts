import {readFile} from 'node:fs/promises';
import {describe, expect, test} from 'vitest';
import {describeRemoteGguf} from '../../../../src/models/fit/describe-remote.ts';
import {RemoteSource} from '../../../../src/models/fit/remote-source.ts';
import {readSafetensorsHeader} from '../../../../src/models/fit/safetensors-header.ts';
import type {FileLocation, Hub} from '../../../../src/models/hub/hub.ts';

const signal = new AbortController().signal;

function hubOf(content: Buffer): {hub: Hub; location: FileLocation; asked: Array<readonly [number, number]>} {
	const asked: Array<readonly [number, number]> = [];
	const hub = {
		async read(_location: FileLocation, from: number, to: number) {
			asked.push([from, to]);
			return content.subarray(from, to);
		},
	} as Partial<Hub> as Hub;
	const location = {repository: 'org/repo', file: 'a.gguf', bytes: content.length} as FileLocation;
	return {hub, location, asked};
}

describe('a file of the Hub as a source of bytes', () => {
	const content = Buffer.from(Array.from({length: 3_000_000}, (_, index) => index % 251));

	test('gives the bytes at any place, across the borders of what was fetched', async () => {
		const {hub, location} = hubOf(content);
		const source = new RemoteSource(hub, location, signal);
		for (const [at, length] of [
			[0, 10],
			[500_000, 100_000],
			[2_999_990, 10],
		] as const) {
			const into = Buffer.alloc(length);
			expect(await source.read(into, 0, length, at)).toEqual({bytesRead: length});
			expect(into.equals(content.subarray(at, at + length))).toBe(true);
		}
	});

	test('reading on costs ever fewer requests', async () => {
		const {hub, location, asked} = hubOf(content);
		const source = new RemoteSource(hub, location, signal);
		const into = Buffer.alloc(1000);
		for (let at = 0; at < content.length; at += 1000) await source.read(into, 0, 1000, at);
		expect(asked.map(([from, to]) => to - from)).toEqual([65_536, 262_144, 1_048_576, 1_623_744]);
	});

	test('ends where the file ends', async () => {
		const {hub, location} = hubOf(content);
		const into = Buffer.alloc(100);
		expect(await new RemoteSource(hub, location, signal).read(into, 0, 100, content.length - 5)).toEqual({
			bytesRead: 5,
		});
	});
});

test('the header of the guide is read by ranges, and its weights are not', async () => {
	const file = new URL('../../../../registry/starter/guide/guide.gguf', import.meta.url);
	const padded = Buffer.concat([await readFile(file), Buffer.alloc(0)]);
	const {hub, location, asked} = hubOf(padded);
	const description = await describeRemoteGguf(hub, location, signal);
	expect(description).toMatchObject({family: 'qwen3', tasks: ['chat', 'completion']});
	expect(Math.max(...asked.map(([, to]) => to))).toBeLessThan(padded.length);
});

describe('a safetensors header', () => {
	const file = (header: unknown): Buffer => {
		const text = Buffer.from(JSON.stringify(header));
		const size = Buffer.alloc(8);
		size.writeBigUInt64LE(BigInt(text.length));
		return Buffer.concat([size, text]);
	};
	const read = (content: Buffer): Promise<unknown> => {
		const {hub, location} = hubOf(content);
		return readSafetensorsHeader(new RemoteSource(hub, location, signal), 'a.safetensors');
	};

	test('tells parameters, bytes and the most common type', async () => {
		const header = {
			__metadata__: {format: 'pt'},
			a: {dtype: 'BF16', shape: [10, 20], data_offsets: [0, 400]},
			b: {dtype: 'F32', shape: [3], data_offsets: [400, 412]},
		};
		expect(await read(file(header))).toEqual({parameters: 203, bytes: 412, type: 'BF16'});
	});

	test.each([
		['an empty file', Buffer.alloc(0)],
		['a web page', Buffer.from('<!doctype html><html></html>')],
		['a header that is cut off', file({a: {dtype: 'F32', shape: [1], data_offsets: [0, 4]}}).subarray(0, 20)],
		['shapes that are no numbers', file({a: {dtype: 'F32', shape: ['x'], data_offsets: [0, 4]}})],
		['a list', file([1])],
	])('refuses %s', async (_what, content) => {
		await expect(read(content)).rejects.toMatchObject({code: 'model-invalid'});
	});
});
