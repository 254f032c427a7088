import {execFileSync} from 'node:child_process';
import {readFileSync, symlinkSync} from 'node:fs';
import path from 'node:path';
import {afterEach, describe, expect, test} from 'vitest';
import type {Runner} from '../../src/backends/worker/runner.ts';
import type {StartOptions} from '../../src/backends/worker/start-runner.ts';
import {MofaError, type WireFailure} from '../../src/contract/error.ts';
import {damaged, randomNumbers} from '../helpers/damaged.ts';
import {placeFile, sharedModels, sharedModelsPresent} from '../helpers/onnx.ts';
import {onnxFile, type Graph, type Weights} from '../../src/lib/onnx-file.ts';
import {identityFile} from '../helpers/identity-file.ts';
import {isAlive} from '../helpers/processes.ts';
import {runTask, startFixture} from '../helpers/start-fixture.ts';
import {temporaryFolder} from '../helpers/temporary-folder.ts';

const runners: Runner[] = [];
afterEach(async () => {
	await Promise.all(runners.splice(0).map(runner => runner[Symbol.asyncDispose]()));
});

async function start(options: Partial<StartOptions> = {}): Promise<Runner> {
	const runner = await startFixture('onnx-graphs', options);
	runners.push(runner);
	return runner;
}

interface Attempt {
	readonly outputs?: readonly string[];
	readonly failure?: WireFailure;
}

async function attempt(runner: Runner, file: string): Promise<Attempt> {
	for await (const outcome of runTask<Attempt>(runner, 'try', {file})) return outcome;
	throw new Error('no answer');
}

const x = {name: 'x', shape: ['n']};
const y = {name: 'y', shape: ['n']};
const passing: Graph = {inputs: [x], outputs: [y], nodes: [{op: 'Identity', inputs: ['x'], outputs: ['y']}]};
/** `y = x + w`, where `w` is kept like this. */
const adding = (kept: Partial<Weights>): Uint8Array =>
	onnxFile({
		inputs: [{name: 'x', shape: [4]}],
		outputs: [{name: 'y', shape: [4]}],
		nodes: [{op: 'Add', inputs: ['x', 'w'], outputs: ['y']}],
		weights: [{name: 'w', shape: [4], ...kept}],
	});

/** Each with what the complaint must say. */
const hostile: Readonly<Record<string, readonly [content: Uint8Array, problem: RegExp]>> = {
	'an empty file': [new Uint8Array(), /empty/],
	'a web page': [Buffer.from('<!DOCTYPE html><html><title>404</title></html>'), /web page/],
	'a pointer of Git LFS': [Buffer.from('version https://git-lfs.github.com/spec/v1\noid sha256:0'), /Git LFS/],
	'one byte': [Uint8Array.of(8), /Protobuf/],
	zeros: [new Uint8Array(1000), /Protobuf/],
	ones: [new Uint8Array(1000).fill(255), /Protobuf/],
	'data in a folder above': [adding({external: {location: '../secret'}}), /escapes/],
	'data at an absolute path': [adding({external: {location: '/etc/passwd'}}), /[Aa]bsolute/],
	'data behind a link to elsewhere': [adding({external: {location: 'link'}}), /escapes/],
	'data that is a pipe': [adding({external: {location: 'pipe'}}), /size/],
	'data that is not there': [adding({external: {location: 'none'}}), /does not exist/],
	'data that is too short': [adding({external: {location: 'short'}}), /out of bounds/],
	'data far behind the end': [adding({external: {location: 'short', offset: 2 ** 52}}), /out of bounds/],
	'data before the start': [adding({external: {location: 'short', offset: -8}}), /out of bounds/],
	'data longer than the world': [adding({external: {location: 'short', length: 2 ** 52}}), /mismatch/],
	'weights of no size': [adding({shape: [-4], data: new Float32Array(4)}), /./],
	'weights larger than memory': [adding({shape: [2 ** 31, 2 ** 31, 2 ** 31]}), /./],
	'weights without data': [adding({}), /data field count/],
	'an operator that nobody knows': [
		onnxFile({...passing, nodes: [{op: 'Nonsense', inputs: ['x'], outputs: ['y']}]}),
		/Nonsense/,
	],
	'an operator of a library of its own': [
		onnxFile({...passing, nodes: [{op: 'Steal', domain: 'com.example', inputs: ['x'], outputs: ['y']}]}),
		/com\.example/,
	],
	'operators of the future': [onnxFile({...passing, opset: 99}), /99/],
	'a format of the future': [onnxFile({...passing, format: 99}), /99/],
	'a circle': [
		onnxFile({
			...passing,
			nodes: [
				{op: 'Add', inputs: ['x', 'b'], outputs: ['a']},
				{op: 'Identity', inputs: ['a'], outputs: ['b']},
				{op: 'Identity', inputs: ['b'], outputs: ['y']},
			],
		}),
		/acyclic/,
	],
	'no graph in it': [onnxFile({inputs: [], outputs: [], nodes: []}), /./],
	'an output that is no tensor': [
		onnxFile({...passing, nodes: [{op: 'SequenceConstruct', inputs: ['x'], outputs: ['y']}]}),
		/seq/,
	],
	'an answer larger than memory': [
		onnxFile({
			inputs: [{name: 'x', type: 'int64', shape: [1]}],
			outputs: [y],
			nodes: [{op: 'ConstantOfShape', inputs: ['x'], outputs: ['y']}],
		}),
		/allocate/,
	],
};

describe('files that are no graphs', () => {
	test('are refused by name and problem, quietly, and their process goes on', async () => {
		const lines: string[] = [];
		const runner = await start({log: line => lines.push(line)});
		const folder = temporaryFolder();
		placeFile(new Uint8Array(64), 'secret', folder);
		placeFile(new Uint8Array(8), 'models/short', folder);
		symlinkSync('../secret', path.join(folder, 'models/link'));
		execFileSync('mkfifo', [path.join(folder, 'models/pipe')]);
		const wrong: object[] = [];
		for (const [name, [content, problem]] of Object.entries(hostile)) {
			const file = placeFile(content, 'models/model.onnx', folder);
			const {failure} = await attempt(runner, file);
			const words = JSON.stringify(failure?.data ?? '');
			if (failure === undefined || !words.includes(file) || !problem.test(words)) wrong.push({name, failure});
		}
		expect(wrong).toEqual([]);
		expect(lines).toEqual([]);
		expect(await attempt(runner, placeFile(identityFile))).toEqual({outputs: ['y']});
	});

	test.skipIf(!sharedModelsPresent)('cut anywhere or damaged at random, end no process', async () => {
		const runner = await start();
		const whole = readFileSync(path.join(sharedModels, 'spelling-cnn/spelling_cnn_mel.shrunk.onnx'));
		const random = randomNumbers(1130);
		const cuts = [0.1, 0.5, 0.9].map(share => whole.subarray(0, Math.floor(whole.length * share)));
		// The graph is written before the weights in this file, or after them: both ends are damaged.
		const copies = Array.from({length: 20}, (_, index) =>
			index % 2 === 0 ? damaged(whole, 0, 4096, random) : damaged(whole, whole.length - 8192, whole.length, random),
		);
		const folder = temporaryFolder();
		for (const content of [...cuts, whole.subarray(0, whole.length - 1)]) {
			const {failure} = await attempt(runner, placeFile(content, 'cut.onnx', folder));
			expect(failure?.code).toBe('model-invalid');
		}
		for (const content of copies) {
			const {failure} = await attempt(runner, placeFile(content, 'damaged.onnx', folder));
			expect(['model-invalid', 'load-failed', 'internal', undefined]).toContain(failure?.code);
		}
		expect(isAlive(runner.pid)).toBe(true);
	});
});

test('a runner that is killed while it computes fails its own requests only', async () => {
	const [victim, witness] = await Promise.all([start(), start()]);
	const file = placeFile(identityFile);
	const [lost, kept] = [
		runTask<{call: number}>(victim, 'compute', {file}),
		runTask<{call: number}>(witness, 'compute', {file}),
	];
	await Promise.all([lost.next(), kept.next()]);
	process.kill(victim.pid, 'SIGKILL');
	const failure = await (async () => {
		for await (const _ of lost);
	})().catch((error: unknown) => error);
	expect(failure).toSatisfy(error => MofaError.is(error, 'runner-failed'));
	expect((await kept.next()).value).toMatchObject({call: expect.any(Number)});
	await kept.return?.();
});

test('a request that is cancelled stops before the next call of its graph', async () => {
	const runner = await start();
	const end = new AbortController();
	const calls = runTask<{call: number}>(runner, 'compute', {file: placeFile(identityFile)}, {signal: end.signal});
	await calls.next();
	end.abort();
	await expect(calls.next()).rejects.toSatisfy(
		error => MofaError.is(error, 'cancelled') || (error as Error).name === 'AbortError',
	);
	expect(await attempt(runner, placeFile(identityFile))).toEqual({outputs: ['y']});
});

test('opening and closing a thousand times takes no more memory with each round', async () => {
	// The allocator keeps some of what is freed for later; told not to, it leaves what is really held.
	const runner = await start({env: {MALLOC_MMAP_THRESHOLD_: '131072'}});
	const size = 512;
	// A megabyte of weights: a graph that stayed open would show after a few rounds.
	const file = placeFile(
		onnxFile({
			inputs: [{name: 'x', shape: [1, size]}],
			outputs: [{name: 'y', shape: [1, size]}],
			nodes: [{op: 'MatMul', inputs: ['x', 'w'], outputs: ['y']}],
			weights: [{name: 'w', shape: [size, size], data: new Float32Array(size * size).fill(0.5)}],
		}),
	);
	const readings: number[] = [];
	for await (const {rss} of runTask<{rss: number}>(runner, 'rounds', {file, count: 1000, every: 10}))
		readings.push(rss);
	// The first rounds fill caches that stay.
	const settled = readings.slice(readings.length / 4);
	const half = settled.length / 2;
	const growth = mean(settled.slice(half)) - mean(settled.slice(0, half));
	// 375 rounds lie between the middles of the halves.
	expect(growth).toBeLessThan(375 * size * size * 4 * 0.02);
});

test('while a runner computes, this process goes on', async () => {
	const runner = await start();
	const size = 1024;
	const layers = 24;
	const name = (index: number): string => (index === 0 ? 'x' : index === layers ? 'y' : `h${index}`);
	const file = placeFile(
		onnxFile({
			inputs: [{name: 'x', shape: [256, size]}],
			outputs: [{name: 'y', shape: [256, size]}],
			nodes: Array.from({length: layers}, (_, index) => ({
				op: 'MatMul',
				inputs: [name(index), 'w'],
				outputs: [name(index + 1)],
			})),
			weights: [{name: 'w', shape: [size, size], data: new Float32Array(size * size).fill(0.001)}],
		}),
	);
	const calls = runTask<{ms: number}>(runner, 'compute', {file});
	await calls.next();
	let turns = 0;
	const clock = setInterval(() => (turns += 1), 1);
	const times: number[] = [];
	for await (const {ms} of calls) if (times.push(ms) === 5) break;
	clearInterval(clock);
	// Were they computed here, each would be one turn of this loop, and two or three around it.
	expect(turns).toBeGreaterThan(times.length * 10);
});

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
