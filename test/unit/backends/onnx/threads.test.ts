import type {InferenceSession} from 'onnxruntime-node';
import {describe, expect, test} from 'vitest';
import {ElasticSession} from '../../../../src/backends/onnx/elastic-session.ts';
import {openOnnx, placeFile} from '../../../helpers/onnx.ts';
import {identityFile} from '../../../helpers/identity-file.ts';

/** Stands for the runtime: says with how many threads it was opened, and how many of it are open. */
class FakeRuntime {
	readonly opened: number[] = [];
	open = 0;
	mostOpen = 0;
	failing = false;
	/** Calls wait here until they are let go. */
	readonly held: Array<() => void> = [];

	readonly create = async (threads: number): Promise<InferenceSession> => {
		if (this.failing) throw new Error('the file is gone');
		this.opened.push(threads);
		this.open += 1;
		this.mostOpen = Math.max(this.mostOpen, this.open);
		const names: readonly string[] = [];
		return {
			inputNames: names,
			outputNames: names,
			inputMetadata: [],
			outputMetadata: [],
			run: () => new Promise(resolve => this.held.push(() => resolve({}))),
			release: async () => void (this.open -= 1),
			startProfiling: () => undefined,
			endProfiling: () => undefined,
		};
	};

	/** Until nothing moves any more. */
	async letGo(): Promise<void> {
		for (let turn = 0; turn < 10; turn += 1) {
			await new Promise(resolve => setImmediate(resolve));
			for (const resolve of this.held.splice(0)) resolve();
		}
	}
}

describe('the threads of a graph', () => {
	test('become fewer before the next call, after those under way, with one copy open at a time', async () => {
		const runtime = new FakeRuntime();
		let wanted = 4;
		const session = await ElasticSession.open(runtime.create, () => wanted);
		const first = [session.run({}), session.run({})];
		wanted = 1;
		const second = session.run({});
		await new Promise(resolve => setImmediate(resolve));
		expect(runtime.opened).toEqual([4]);
		await runtime.letGo();
		await Promise.all([...first, second]);
		expect(runtime.opened).toEqual([4, 1]);
		expect(runtime.mostOpen).toBe(1);
		expect(session.threads).toBe(1);
	});

	test('become more once a call has taken as long as the change', async () => {
		const runtime = new FakeRuntime();
		let wanted = 1;
		const session = await ElasticSession.open(runtime.create, () => wanted);
		wanted = 2;
		// Opening took no time here, so that any call takes longer.
		await Promise.all([session.run({}), runtime.letGo()]);
		await Promise.all([session.run({}), runtime.letGo()]);
		expect(runtime.opened).toEqual([1, 2]);
	});

	test('change for nobody when nothing is called', async () => {
		const runtime = new FakeRuntime();
		let wanted = 1;
		const session = await ElasticSession.open(runtime.create, () => wanted);
		for (wanted of [4, 1, 2, 1, 8]);
		await runtime.letGo();
		expect(runtime.opened).toEqual([1]);
		await session.release();
		expect(runtime.open).toBe(0);
	});

	test('that could not be changed fail that call, and the next one tries again', async () => {
		const runtime = new FakeRuntime();
		let wanted = 2;
		const session = await ElasticSession.open(runtime.create, () => wanted);
		wanted = 1;
		runtime.failing = true;
		await expect(session.run({})).rejects.toThrow('the file is gone');
		runtime.failing = false;
		await Promise.all([session.run({}), runtime.letGo()]);
		expect(runtime.opened).toEqual([2, 1]);
		await session.release();
		expect(runtime.open).toBe(0);
	});

	test('are those of the real runtime: as few as the session has, and never more than the graph wants', async () => {
		const session = await openOnnx(2);
		const file = placeFile(identityFile);
		const [free, narrow] = [await session.open(file), await session.open(file, {threads: 1})];
		expect([free, narrow].map(graph => (graph.native as ElasticSession).threads)).toEqual([2, 1]);
		session.threads = 1;
		const x = new session.module.Tensor('float32', Float32Array.of(3), [1]);
		expect((await free.run({x}))['y']?.data).toEqual(Float32Array.of(3));
		expect((free.native as ElasticSession).threads).toBe(1);
		session.threads = 0;
		expect(session.threads).toBe(1);
	});
});
