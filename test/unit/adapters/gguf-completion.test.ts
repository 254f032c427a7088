import {LlamaModel} from 'node-llama-cpp';
import {afterAll, beforeAll, describe, expect, test, vi} from 'vitest';
import type {AnyEngine} from '../../../src/contract/engine.ts';
import {MofaError} from '../../../src/contract/error.ts';
import type {RunContext, Warning} from '../../../src/contract/task.ts';
import {
	completion,
	type CompletionEvent,
	type CompletionRequest,
	type CompletionResult,
} from '../../../src/tasks/completion.ts';
import {loadStories, storiesPresent} from '../../helpers/stories.ts';

const greedy = {temperature: 0} as const;
const opening = 'Once upon a time';
const continuation =
	', there was a little girl named Lily. She loved to play outside in the park. One day, she saw a big, red ball.';

describe.skipIf(!storiesPresent)('a completion of a real model', () => {
	let engine: AnyEngine;
	beforeAll(async () => {
		engine = await loadStories();
	});
	afterAll(() => engine[Symbol.asyncDispose]());

	const events = (request: CompletionRequest, context: Partial<RunContext> = {}): AsyncIterable<CompletionEvent> =>
		engine.tasks.completion!(request, {signal: new AbortController().signal, warn: () => undefined, ...context});
	const run = (request: CompletionRequest, context: Partial<RunContext> = {}): Promise<CompletionResult> =>
		completion.collect(events(request, context));

	test('is the known story when it is greedy', async () => {
		const {text, reason} = await run({prompt: opening, sampling: greedy, maxTokens: 80});
		expect(text.startsWith(continuation)).toBe(true);
		expect(reason).toBe('length');
	});

	test('comes in pieces that make up the whole', async () => {
		const pieces: CompletionEvent[] = [];
		for await (const event of events({prompt: opening, sampling: greedy, maxTokens: 20})) pieces.push(event);
		expect(pieces.length).toBeGreaterThan(10);
		expect(pieces.at(-1)?.type).toBe('completion-end');
	});

	test('is the same for the same seed and another for another', async () => {
		const story = async (seed: number): Promise<string> =>
			(await run({prompt: opening, sampling: {temperature: 1, seed}, maxTokens: 30})).text;
		expect(await story(1)).toBe(await story(1));
		expect(await story(1)).not.toBe(await story(2));
	});

	test('ends before a stop string that lies across tokens, and shows no part of it', async () => {
		const {text, reason} = await run({prompt: opening, sampling: greedy, maxTokens: 80, stop: ['named Lily. She']});
		expect(text).toBe(', there was a little girl ');
		expect(reason).toBe('stop');
	});

	test('shows what only looked like a stop string', async () => {
		const {text} = await run({prompt: opening, sampling: greedy, maxTokens: 6, stop: ['there wasn']});
		expect(continuation.startsWith(text)).toBe(true);
		expect(text.length).toBeGreaterThan(8);
	});

	test('writes as many tokens as asked for', async () => {
		for (const maxTokens of [0, 1, 7]) {
			const {usage, reason} = await run({prompt: opening, sampling: greedy, maxTokens});
			expect(usage.completionTokens).toBe(maxTokens);
			expect(reason).toBe('length');
		}
	});

	test('reads a prefix it has read before from memory, with the same result', async () => {
		const prompt = 'Lily and Ben went to the park with their dog. They saw a big tree. ';
		const first = await run({prompt, sampling: greedy, maxTokens: 20});
		const second = await run({prompt: prompt + first.text, sampling: greedy, maxTokens: 20});
		const again = await run({prompt, sampling: greedy, maxTokens: 20});
		expect(second.usage.cachedTokens).toBeGreaterThanOrEqual(first.usage.promptTokens - 1);
		expect(again.usage.cachedTokens).toBe(again.usage.promptTokens - 1);
		expect(again.text).toBe(first.text);
	});

	test('finds the slot of the answer before it, however soon it comes', async () => {
		const last = async (prompt: string): Promise<number> => {
			for await (const event of events({prompt, sampling: greedy, maxTokens: 4}))
				if (event.type === 'completion-end') return event.usage.cachedTokens;
			return 0;
		};
		await last('Ben saw a cat in the garden');
		for (let again = 0; again < 3; again += 1) expect(await last('Ben saw a cat in the garden')).toBeGreaterThan(5);
	});

	test('is the same in parallel as alone', async () => {
		const prompts = ['One day', 'The dog', 'Lily was', 'Tom had a red', 'Mom said', 'In the garden'];
		const write = async (prompt: string): Promise<string> =>
			(await run({prompt, sampling: greedy, maxTokens: 40})).text;
		const alone: string[] = [];
		for (const prompt of prompts) alone.push(await write(prompt));
		expect(await Promise.all(prompts.map(write))).toEqual(alone);
	});

	test('stops when it is cancelled, writes nothing after, and leaves its slot usable', async () => {
		const stop = new AbortController();
		let after = 0;
		const read = async (): Promise<void> => {
			for await (const _ of events({prompt: opening, sampling: greedy}, {signal: stop.signal})) {
				if (stop.signal.aborted) after += 1;
				stop.abort();
			}
		};
		await expect(read()).rejects.toSatisfy(error => MofaError.is(error, 'cancelled'));
		expect(after).toBe(0);
		const texts = await Promise.all(
			Array.from({length: engine.slots}, () => run({prompt: opening, sampling: greedy, maxTokens: 20})),
		);
		for (const {text} of texts) expect(continuation.startsWith(text)).toBe(true);
	});

	test('frees its slot when the reader leaves', async () => {
		for (let round = 0; round < engine.slots * 2; round += 1)
			for await (const _ of events({prompt: opening, sampling: greedy})) break;
		expect((await run({prompt: opening, sampling: greedy, maxTokens: 5})).usage.completionTokens).toBe(5);
	});

	test('is queued, not refused, where there are more than slots', async () => {
		const many = Array.from({length: engine.slots * 3}, () => run({prompt: opening, sampling: greedy, maxTokens: 10}));
		expect(new Set((await Promise.all(many)).map(({text}) => text)).size).toBe(1);
	});

	test('ends with `length` where the context is full, and never forgets its beginning', async () => {
		const prompt = Array.from({length: 500}, (_, index) => 300 + (index % 90));
		const {usage, reason} = await run({prompt, sampling: greedy});
		expect(reason).toBe('length');
		expect(usage.promptTokens + usage.completionTokens).toBe(512);
	});

	test('refuses a prompt longer than the context, with both numbers', async () => {
		const failure = await run({prompt: 'once upon a time '.repeat(300), sampling: greedy}).catch(
			(error: unknown) => error,
		);
		expect(MofaError.is(failure, 'context-overflow') && failure.data.tokens > failure.data.limit).toBe(true);
		expect(MofaError.is(failure, 'context-overflow') && failure.data.limit).toBe(511);
	});

	test('refuses ten megabytes without turning them into tokens', async () => {
		const tokenize = vi.spyOn(LlamaModel.prototype, 'tokenize');
		try {
			const failure = await run({prompt: 'once upon a time '.repeat(600_000)}).catch((error: unknown) => error);
			expect(failure).toMatchObject({code: 'context-overflow', data: {limit: 511, atLeast: true}});
			expect(tokenize.mock.calls.reduce((total, [text]) => total + text.length, 0)).toBe(0);
		} finally {
			tokenize.mockRestore();
		}
	});

	test('takes token numbers, and refuses those that are none', async () => {
		const {usage} = await run({prompt: [1, 403, 407], sampling: greedy, maxTokens: 3});
		expect(usage.promptTokens).toBe(3);
		await expect(run({prompt: [1, 512], sampling: greedy})).rejects.toSatisfy(error =>
			MofaError.is(error, 'invalid-request'),
		);
		await expect(run({prompt: [], sampling: greedy})).rejects.toSatisfy(error =>
			MofaError.is(error, 'invalid-request'),
		);
	});

	test('reports log probabilities of each token, the likeliest alternatives first', async () => {
		const {text, logprobs} = await run({prompt: opening, sampling: greedy, maxTokens: 12, logprobs: 4});
		expect(logprobs).toHaveLength(12);
		expect(logprobs.map(({token}) => token).join('')).toBe(text);
		for (const {token, logprob, top} of logprobs) {
			expect(top).toHaveLength(4);
			expect(top[0]).toEqual({token, logprob});
			expect(top.map(alternative => alternative.logprob)).toEqual(
				top.map(({logprob: value}) => value).toSorted((a, b) => b - a),
			);
			expect(top.reduce((sum, alternative) => sum + Math.exp(alternative.logprob), 0)).toBeLessThanOrEqual(1.0001);
		}
	});

	test('reports the same log probabilities at any temperature', async () => {
		const first = async (temperature: number): Promise<unknown> =>
			(await run({prompt: opening, sampling: {temperature, seed: 1}, maxTokens: 1, logprobs: 3})).logprobs[0]?.top;
		expect(await first(1.3)).toEqual(await first(0));
	});

	test('repeats itself less under a penalty', async () => {
		const words = async (repeat_penalty: number): Promise<number> => {
			const {text} = await run({
				prompt: 'The dog',
				sampling: {temperature: 0, repeat_penalty, repeat_last_n: -1},
				maxTokens: 100,
			});
			return new Set(text.split(/\W+/)).size;
		};
		expect(await words(1.5)).toBeGreaterThan(await words(1));
	});

	test('warns of a setting that it does not know', async () => {
		const warnings: Warning[] = [];
		const sampling = {temperature: 0, unknown: {mirostat: 2}};
		await run({prompt: opening, sampling, maxTokens: 1}, {warn: warning => warnings.push(warning)});
		expect(warnings.map(({setting}) => setting)).toEqual(['mirostat']);
	});

	test('refuses to fill a gap with a model that cannot', async () => {
		await expect(run({prompt: 'a', suffix: 'b'})).rejects.toSatisfy(
			error => MofaError.is(error, 'invalid-request') && error.data.path === 'suffix',
		);
	});

	test('goes on after its context was given back', async () => {
		const before = engine.footprint['ram'] ?? 0;
		await engine.shrink!();
		expect(engine.footprint['ram']).toBeLessThan(before);
		expect(engine.reclaimable).toEqual({});
		const {text} = await run({prompt: opening, sampling: greedy, maxTokens: 20});
		expect(continuation.startsWith(text)).toBe(true);
		expect(engine.footprint['ram']).toBe(before);
	});

	test('goes on with another number of threads', async () => {
		engine.setThreads!(2);
		expect((await run({prompt: opening, sampling: greedy, maxTokens: 3})).usage.completionTokens).toBe(3);
		engine.setThreads!(1);
		expect(continuation.startsWith((await run({prompt: opening, sampling: greedy, maxTokens: 10})).text)).toBe(true);
	});

	test('leaves chat to models with a template', async () => {
		const chat = engine.tasks.chat!(
			{messages: [{role: 'user', content: 'hello'}]},
			{signal: new AbortController().signal, warn: () => undefined},
		);
		await expect(chat[Symbol.asyncIterator]().next()).rejects.toSatisfy(error =>
			MofaError.is(error, 'task-unsupported'),
		);
	});
});

describe.skipIf(!storiesPresent)('an engine that is unloaded', () => {
	test('ends the answers under way, and those that wait, cleanly', async () => {
		const engine = await loadStories({slots: 2});
		const quiet = {signal: new AbortController().signal, warn: (): void => undefined};
		const underWay = engine.tasks.completion!({prompt: opening}, quiet)[Symbol.asyncIterator]();
		await underWay.next();
		const others = Array.from({length: 4}, () =>
			completion.collect(engine.tasks.completion!({prompt: opening}, quiet)).catch((error: unknown) => error),
		);
		await engine[Symbol.asyncDispose]();
		const rest = (async (): Promise<void> => {
			while (!(await underWay.next()).done);
		})();
		await expect(rest).rejects.toSatisfy(error => MofaError.is(error, 'cancelled'));
		for (const end of await Promise.all(others)) expect(MofaError.is(end, 'cancelled')).toBe(true);
	});
});
