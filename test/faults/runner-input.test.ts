import {afterEach, expect, test} from 'vitest';
import type {Runner} from '../../src/backends/worker/runner.ts';
import {MofaError} from '../../src/contract/error.ts';
import {runTask, startFixture} from '../helpers/start-fixture.ts';

const runners: Runner[] = [];

afterEach(async () => {
	await Promise.all(runners.splice(0).map(async runner => runner[Symbol.asyncDispose]()));
});

async function start(): Promise<Runner> {
	const runner = await startFixture('reads-input');
	runners.push(runner);
	return runner;
}

/** A source that tells how far it was read, and whether it was told to stop. */
class Source implements AsyncIterable<unknown> {
	given = 0;
	readonly stopped: Promise<void>;
	#stop: () => void = () => undefined;
	readonly #give: (index: number) => Promise<unknown>;

	/** `give` answers undefined at the end. */
	constructor(give: (index: number) => Promise<unknown>) {
		this.#give = give;
		this.stopped = new Promise(resolve => {
			this.#stop = resolve;
		});
	}

	[Symbol.asyncIterator](): AsyncIterator<unknown> {
		return {
			next: async () => {
				const value = await this.#give(this.given);
				this.given += 1;
				return value === undefined ? {done: true, value} : {done: false, value};
			},
			return: async () => {
				this.#stop();
				return {done: true, value: undefined};
			},
		};
	}
}

const never = new Promise<never>(() => undefined);

test('a field of a request that is a stream is read while the engine runs, binary data and all', async () => {
	const runner = await start();
	const pieces = [new Float32Array([0.5, -0.5]), new Float32Array(100_000).fill(0.25), 'text'];
	let release = (): void => undefined;
	const asked = new Promise<void>(resolve => {
		release = resolve;
	});
	const items = new Source(async index => {
		// The second item comes only when the first has come back.
		if (index === 1) await asked;
		return pieces[index];
	});
	const events: unknown[] = [];
	for await (const event of runTask<{item?: unknown; text?: string}>(runner, 'repeat', {name: 'live', items})) {
		events.push(event.item ?? event.text);
		if (events.length === 2) release();
	}
	expect(events).toEqual(['live', ...pieces, 'end']);
});

test('a slow engine stops its source: what is read ahead is bounded', async () => {
	const runner = await start();
	const items = new Source(async () => new Float32Array(64_000));
	const run = runTask(runner, 'repeat', {name: 'x', items});
	await run.next();
	await run.next();
	// Nobody reads the events now; meanwhile others are answered, so the source had its time.
	for (let round = 0; round < 20; round += 1)
		for await (const _event of runTask(runner, 'repeat', {name: 'other', most: 0}));
	expect(items.given).toBeLessThan(12);
	await run.return?.();
	await items.stopped;
});

test.each([
	['an engine that has read enough', {most: 1}],
	['an engine that reads nothing', {most: 0}],
])('%s stops its source', async (_title, fields) => {
	const runner = await start();
	const items = new Source(async index => (index === 0 ? 'first' : await never));
	for await (const _event of runTask(runner, 'repeat', {name: 'x', items, ...fields}));
	await items.stopped;
});

test('a cancelled request stops a source that waits for a person', async () => {
	const runner = await start();
	const controller = new AbortController();
	const items = new Source(async index => (index === 0 ? 'first' : await never));
	const run = runTask(runner, 'repeat', {name: 'x', items}, {signal: controller.signal});
	await run.next();
	await run.next();
	controller.abort();
	await expect(run.next()).rejects.toMatchObject({code: 'cancelled'});
	await items.stopped;
});

test('what a source throws is what the request fails with', async () => {
	const runner = await start();
	const items = new Source(async () => {
		throw new MofaError('invalid-request', {path: 'audio', expected: 'sound that is not cut off'});
	});
	const run = runTask(runner, 'repeat', {name: 'x', items});
	await run.next();
	await expect(run.next()).rejects.toMatchObject({code: 'invalid-request'});
});

test('a killed runner stops the source of its request', async () => {
	const runner = await start();
	const items = new Source(async index => (index === 0 ? 'first' : await never));
	const run = runTask(runner, 'repeat', {name: 'x', items});
	await run.next();
	await run.next();
	process.kill(runner.pid, 'SIGKILL');
	await expect(run.next()).rejects.toMatchObject({code: 'runner-failed'});
	await items.stopped;
});
