import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {existsSync, readFileSync} from 'node:fs';
import path from 'node:path';
import {afterEach, expect, test} from 'vitest';
import type {Runner} from '../../src/backends/worker/runner.ts';
import type {StartOptions} from '../../src/backends/worker/start-runner.ts';
import {MofaError, type Failures} from '../../src/contract/error.ts';
import type {Warning} from '../../src/contract/task.ts';
import {bundle, repositoryRoot} from '../helpers/bundle.ts';
import {runTask, startFixture} from '../helpers/start-fixture.ts';

const runners: Runner[] = [];

afterEach(async () => {
	await Promise.all(runners.splice(0).map(async runner => runner[Symbol.asyncDispose]()));
});

async function start(name: string, options: Partial<StartOptions> = {}): Promise<Runner> {
	const runner = await startFixture(name, options);
	runners.push(runner);
	return runner;
}

async function failureOf(promise: Promise<unknown>): Promise<MofaError> {
	const outcome = await promise.then(
		value => value,
		(error: unknown) => error,
	);
	if (MofaError.is(outcome)) return outcome;
	throw new Error(`not a failure: ${JSON.stringify(outcome)}`);
}

async function runnerFailureOf(promise: Promise<unknown>): Promise<Failures['runner-failed']> {
	const failure = await failureOf(promise);
	if (MofaError.is(failure, 'runner-failed')) return failure.data;
	throw failure;
}

/** A process that nobody has buried yet is not alive. */
function isAlive(pid: number): boolean {
	try {
		process.kill(pid, 0);
		return process.platform !== 'linux' || !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
	} catch {
		return false;
	}
}

interface Status {
	readonly tokens: number;
	readonly produced: number;
	readonly aborted: boolean;
	readonly finished: boolean;
}

async function statusOf(runner: Runner): Promise<Status> {
	for await (const status of runTask<Status>(runner, 'status')) return status;
	throw new Error('no status');
}

test('a request streams from another process, its warnings come aside', async () => {
	const runner = await start('slow-token');
	const warnings: Warning[] = [];
	const texts: string[] = [];
	for await (const event of runTask(runner, 'chat', {}, {warn: warning => warnings.push(warning)})) {
		texts.push(event.text);
		if (texts.length === 3) break;
	}
	expect(texts).toEqual(['token 0', 'token 1', 'token 2']);
	expect(warnings).toEqual([{setting: 'mirostat', message: 'not supported'}]);
	expect(runner.pid).not.toBe(process.pid);
	expect(runner.rss()).toBeGreaterThan(10e6);
});

test('a runner that aborts fails its requests with what it said last, and only then is it known to have died', async () => {
	const [broken, healthy] = await Promise.all([start('abort-on-run'), start('slow-token')]);
	const other = runTask(healthy, 'chat');
	await other.next();
	const run = runTask(broken, 'chat');
	expect(await run.next()).toMatchObject({value: {text: 'so far so good'}});
	const data = await runnerFailureOf(run.next());
	expect(data).toEqual({
		model: 'scripted',
		reason: 'killed',
		detail: 'SIGABRT: model.cpp:42: GGML_ASSERT(n_head > 0) failed',
	});
	expect((await broken.died).data).toEqual(data);
	expect(await runnerFailureOf(runTask(broken, 'chat').next())).toEqual(data);
	expect((await other.next()).done).toBe(false);
	const next = await start('slow-token');
	expect((await runTask(next, 'chat').next()).done).toBe(false);
});

test('a runner killed in the middle of its answers fails all of them within a second', async () => {
	const runner = await start('slow-token');
	const runs = [runTask(runner, 'chat'), runTask(runner, 'chat')];
	await Promise.all(runs.map(async run => run.next()));
	const failures = runs.map(async run =>
		runnerFailureOf(
			(async () => {
				for await (const _ of run);
			})(),
		),
	);
	process.kill(runner.pid, 'SIGKILL');
	const killedAt = performance.now();
	for (const failure of failures)
		expect(await failure).toEqual({model: 'scripted', reason: 'killed', detail: 'SIGKILL'});
	expect(performance.now() - killedAt).toBeLessThan(1000);
});

test('an idle runner that is killed is known to have died', async () => {
	const runner = await start('slow-token');
	process.kill(runner.pid, 'SIGTERM');
	expect((await runner.died).data).toEqual({model: 'scripted', reason: 'killed', detail: 'SIGTERM'});
});

test('an error that nobody caught is the reason given', async () => {
	const runner = await start('uncaught-error');
	const run = runTask(runner, 'chat');
	await run.next();
	expect(await runnerFailureOf(run.next())).toEqual({
		model: 'scripted',
		reason: 'exited',
		detail: 'exit code 1: nobody catches this',
	});
});

test('a runner that leaves while it loads is told with its exit code and its last line', async () => {
	expect(await runnerFailureOf(startFixture('exit-on-load'))).toEqual({
		model: 'scripted',
		reason: 'exited',
		detail: 'exit code 3: fatal: the weights are cursed',
	});
});

test('an error of the load keeps its code, and words without a code become load-failed', async () => {
	const progress: number[] = [];
	const invalid = await failureOf(
		startFixture('fail-on-load', {settings: {how: 'invalid'}, progress: fraction => progress.push(fraction)}),
	);
	expect(invalid.toWire()).toEqual({
		code: 'model-invalid',
		data: {model: 'scripted', problem: 'the file is a web page'},
	});
	expect(progress).toEqual([0.25]);
	expect((await failureOf(startFixture('fail-on-load'))).toWire()).toEqual({
		code: 'load-failed',
		data: {model: 'scripted', problem: 'out of luck'},
	});
	expect((await failureOf(startFixture('fail-on-load', {adapter: 'nobody'}))).code).toBe('load-failed');
});

test('an entry that cannot run, or is not there, fails the start', async () => {
	const missing = await runnerFailureOf(startFixture('echo-binary', {entry: '/nowhere/runner.mjs'}));
	expect(missing.reason).toBe('exited');
	expect(missing.detail).toContain('exit code 1');
});

test('a process that never says hello is ended as hung', async () => {
	const data = await runnerFailureOf(startFixture('never-greets', {startMs: 300}));
	expect(data).toEqual({model: 'scripted', reason: 'hung', detail: 'nothing heard 300 ms after its start'});
});

test('cancelling a load ends its process', async () => {
	const controller = new AbortController();
	const failure = failureOf(
		startFixture('never-ready', {signal: controller.signal, progress: () => controller.abort()}),
	);
	expect((await failure).code).toBe('cancelled');
	expect((await failureOf(startFixture('never-ready', {signal: AbortSignal.abort()}))).code).toBe('cancelled');
});

test('a runner whose event loop stands still beyond its limit is ended as hung', async () => {
	const runner = await start('hang-on-run', {heartbeatMs: 400});
	const run = runTask(runner, 'chat');
	await run.next();
	expect(await runnerFailureOf(run.next())).toEqual({
		model: 'scripted',
		reason: 'hung',
		detail: 'no sign of life for 400 ms',
	});
	await runner.died;
	expect(isAlive(runner.pid)).toBe(false);
});

test('a runner that computes on its event loop for less than its limit is left alone', async () => {
	const runner = await start('hang-on-run', {heartbeatMs: 5000});
	const texts: string[] = [];
	for await (const event of runTask(runner, 'chat', {milliseconds: 500})) texts.push(event.text);
	expect(texts).toEqual(['wait', 'there']);
});

test('a runner whose engine said that its calls take long is given the time', async () => {
	const runner = await start('slow-calls', {heartbeatMs: 200});
	const texts: string[] = [];
	for await (const event of runTask(runner, 'chat', {milliseconds: 1000})) texts.push(event.text);
	expect(texts).toEqual(['wait', 'there']);
});

test('a runner that is slow to load but alive is not taken for hung', async () => {
	const controller = new AbortController();
	const load = failureOf(startFixture('never-ready', {loadHeartbeatMs: 250, signal: controller.signal}));
	const settled = await Promise.race([load, new Promise(resolve => setTimeout(resolve, 800, 'still loading'))]);
	expect(settled).toBe('still loading');
	controller.abort();
	expect((await load).code).toBe('cancelled');
});

test('a runner that leaks beyond its limit is ended for it', async () => {
	const runner = await start('leaks-memory', {rssLimit: 300e6});
	const data = await runnerFailureOf(
		(async () => {
			for await (const _ of runTask(runner, 'chat'));
		})(),
	);
	expect(data.reason).toBe('out-of-memory');
	expect(data.detail).toMatch(/^\d+ bytes resident, where 300000000 is the limit/);
});

test('aborting a request reaches its handler, and the runner goes on with others', async () => {
	const runner = await start('slow-token');
	const controller = new AbortController();
	const run = runTask(runner, 'chat', {}, {signal: controller.signal});
	await run.next();
	const pending = failureOf(
		(async () => {
			for await (const _ of run);
		})(),
	);
	controller.abort();
	expect((await pending).code).toBe('cancelled');
	expect(await run.next()).toEqual({done: true, value: undefined});
	const status = await statusOf(runner);
	expect(status).toMatchObject({aborted: true, finished: true});
	expect((await statusOf(runner)).tokens).toBe(status.tokens);
});

test('leaving the loop reaches the handler too', async () => {
	const runner = await start('slow-token');
	for await (const _ of runTask(runner, 'chat')) break;
	expect(await statusOf(runner)).toMatchObject({aborted: true, finished: true});
});

test('a handler that ignores the cancel holds up neither the caller nor the end of the runner', async () => {
	const runner = await start('ignores-cancel');
	const controller = new AbortController();
	const run = runTask(runner, 'chat', {}, {signal: controller.signal});
	await run.next();
	const pending = failureOf(run.next());
	controller.abort();
	expect((await pending).code).toBe('cancelled');
	const disposedFrom = performance.now();
	await runner[Symbol.asyncDispose]();
	expect(performance.now() - disposedFrom).toBeLessThan(3000);
	expect(isAlive(runner.pid)).toBe(false);
});

test('a reader that stops reading stops the runner', async () => {
	const runner = await start('flood');
	const run = runTask(runner, 'chat');
	await run.next();
	const {produced} = await statusOf(runner);
	expect(produced).toBeLessThan(200);
	expect((await statusOf(runner)).produced).toBe(produced);
	await run.return?.();
});

test('disposing cancels what runs, ends the process and is no death', async () => {
	const runner = await start('slow-token');
	const run = runTask(runner, 'chat');
	await run.next();
	const pending = failureOf(
		(async () => {
			for await (const _ of run);
		})(),
	);
	await Promise.all([runner[Symbol.asyncDispose](), runner[Symbol.asyncDispose]()]);
	expect((await pending).code).toBe('cancelled');
	expect(isAlive(runner.pid)).toBe(false);
	expect((await failureOf(runTask(runner, 'chat').next())).code).toBe('cancelled');
	expect(await Promise.race([runner.died, Promise.resolve('alive to the end')])).toBe('alive to the end');
});

test('an engine that cannot be disposed is ended all the same', async () => {
	const runner = await start('stubborn-dispose');
	const disposedFrom = performance.now();
	await runner[Symbol.asyncDispose]();
	expect(performance.now() - disposedFrom).toBeLessThan(3000);
	expect(isAlive(runner.pid)).toBe(false);
});

interface Echo {
	readonly audio: {readonly samples: Float32Array; readonly sampleRate: number};
	readonly pixels: Uint8Array;
	readonly levels: readonly unknown[];
}

function bytesOf(array: Float32Array): Buffer {
	return Buffer.from(array.buffer, array.byteOffset, array.byteLength);
}

test('arrays of any type cross the wall as they are', async () => {
	const runner = await start('echo-binary');
	const samples = Float32Array.from({length: 960_000}, (_, index) => Math.sin(index));
	const request: Echo = {
		audio: {samples, sampleRate: 16_000},
		pixels: new Uint8Array([1, 2, 3]),
		levels: [new Int16Array([-1, 0, 1]), -Infinity],
	};
	for await (const {audio, pixels, levels} of runTask<Echo>(runner, 'echo', request)) {
		expect(audio.samples).toBeInstanceOf(Float32Array);
		expect(Buffer.compare(bytesOf(audio.samples), bytesOf(samples))).toBe(0);
		expect(audio.sampleRate).toBe(16_000);
		expect([pixels, levels]).toEqual([request.pixels, request.levels]);
	}
	const {bytesReceived, bytesCopied} = runner.traffic;
	expect(bytesReceived).toBeGreaterThan(samples.byteLength);
	expect(bytesReceived).toBeLessThan(samples.byteLength * 1.01);
	expect(bytesCopied).toBeLessThanOrEqual(bytesReceived);
});

test('a runtime that prints without end keeps its request, and the log stays bounded and clean', async () => {
	const lines: string[] = [];
	const runner = await start('noisy-stdout', {log: line => lines.push(line)});
	for await (const event of runTask(runner, 'chat', {lines: 50_000})) expect(event.text).toBe('quiet again');
	await runner[Symbol.asyncDispose]();
	expect(lines[0]).toBe('line 0');
	expect(lines.length).toBeLessThan(20_000);
	expect(lines.at(-1)).toMatch(/^\(\d+ more lines\)$|^line 49999$/);
});

test('progress, footprint, shrink and threads are those of the engine', async () => {
	const progress: number[] = [];
	const runner = await start('changes-state', {threads: 3, progress: fraction => progress.push(fraction)});
	expect(progress.length).toBeGreaterThan(50);
	expect(progress.length).toBeLessThan(110);
	expect(progress.at(-1)).toBe(1);
	expect([runner.footprint, runner.reclaimable, runner.slots]).toEqual([{ram: 100}, {ram: 0}, 2]);

	const facts = async (): Promise<Facts> => {
		for await (const event of runTask<Facts>(runner, 'chat')) return event;
		throw new Error('no answer');
	};
	expect((await facts()).threads).toBe(3);
	expect([runner.footprint, runner.reclaimable]).toEqual([{ram: 150}, {ram: 50}]);
	await runner.shrink?.();
	expect(runner.footprint).toEqual({ram: 100});
	runner.setThreads?.(1);
	expect((await facts()).threads).toBe(1);
});

interface Facts {
	readonly threads: number;
	readonly title: string;
	readonly flags: readonly string[];
	readonly env: Readonly<Record<string, string>>;
}

test('a runner starts with a title, a heap limit, a small thread pool and no debugger flags of ours', async () => {
	const runner = await start('changes-state', {env: {MOFA_TEST: 'yes'}});
	for await (const {title, flags, env} of runTask<Facts>(runner, 'chat')) {
		expect(title).toBe('mofa-runner scripted');
		expect(flags).toEqual([expect.stringMatching(/^--max-old-space-size=\d+$/)]);
		expect(env).toMatchObject({UV_THREADPOOL_SIZE: '1', MOFA_TEST: 'yes'});
		expect(env).not.toHaveProperty('NODE_OPTIONS');
	}
});

test.runIf(existsSync('/proc/self/oom_score_adj'))('short memory ends a runner before its daemon', async () => {
	const runner = await start('echo-binary');
	const score = (pid: number | 'self'): number => Number(readFileSync(`/proc/${pid}/oom_score_adj`, 'utf8'));
	expect(score(runner.pid)).toBeGreaterThan(score('self'));
});

test('a task the engine does not have is refused by the runner', async () => {
	const runner = await start('echo-binary');
	expect(Object.keys(runner.tasks)).toEqual(['echo']);
	expect(runner.shrink).toBeUndefined();
	expect(runner.setThreads).toBeUndefined();
});

test('a runner leaves when its parent is gone, even in the middle of a request', async () => {
	const parent = await bundle(path.join(repositoryRoot, 'test/fixtures/runners/parent.ts'));
	const entry = await bundle(path.join(repositoryRoot, 'test/fixtures/runners/slow-token.ts'));
	const child = spawn(process.execPath, [parent, entry], {stdio: ['ignore', 'pipe', 'inherit']});
	const [line] = (await once(child.stdout, 'data')) as [Buffer];
	const pid = Number(line.toString());
	expect(isAlive(pid)).toBe(true);
	child.kill('SIGKILL');
	await once(child, 'exit');
	await expect.poll(() => isAlive(pid), {timeout: 2000}).toBe(false);
});
