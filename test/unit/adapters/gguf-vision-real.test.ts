import {readFileSync} from 'node:fs';
import path from 'node:path';
import {afterAll, beforeAll, describe, expect, test, vi} from 'vitest';
import {ggufVision} from '../../../src/adapters/gguf-vision.ts';
import type {Runner} from '../../../src/backends/worker/runner.ts';
import {MofaError} from '../../../src/contract/error.ts';
import type {Image} from '../../../src/contract/media.ts';
import {chat, type ChatEvent, type ChatRequest, type ChatResult} from '../../../src/tasks/chat.ts';
import {testAdapter} from '../../../src/testing/test-adapter.ts';
import {bundle, repositoryRoot} from '../../helpers/bundle.ts';
import {canSee, programsFor, realProgram, seeingModel} from '../../helpers/llama-server.ts';
import {hugePng, image} from '../../helpers/pictures.ts';
import {drawShape} from '../../helpers/shapes.ts';
import {runTask, startFixture} from '../../helpers/start-fixture.ts';
import {testDevice} from '../../helpers/stories.ts';
import {temporaryFolder} from '../../helpers/temporary-folder.ts';

const catFile = path.resolve(repositoryRoot, '../shared/media/cat.jpg');

/** A language model of 260 thousand parameters behind a projector of random weights: what it says means nothing. */
describe.skipIf(!canSee)('a real llama-server', {timeout: 60_000}, () => {
	let folder = '';
	let runner: Runner;

	beforeAll(() => {
		vi.stubEnv('MOFA_LLAMA_SERVER_RUNTIME', realProgram ?? '');
	});
	afterAll(async () => {
		await runner[Symbol.asyncDispose]();
		vi.unstubAllEnvs();
	});

	async function begin(where: string): Promise<Runner> {
		return startFixture('', {
			entry: await bundle(path.join(repositoryRoot, 'src/backends/worker/main.ts')),
			adapter: 'gguf-vision',
			model: await seeingModel(where),
			settings: {num_ctx: 512, slots: 1},
		});
	}

	const see = (pictures: readonly Image[], more: Partial<ChatRequest> = {}): ChatRequest => ({
		messages: [
			{
				role: 'user',
				content: [
					{type: 'text', text: 'Once upon a time'},
					...pictures.map(one => ({type: 'image', image: one}) as const),
				],
			},
		],
		sampling: {temperature: 0, seed: 1},
		maxTokens: 24,
		...more,
	});
	const ask = (request: ChatRequest): Promise<ChatResult> => chat.collect(runTask<ChatEvent>(runner, 'chat', request));
	const circle = image(drawShape('circle'));
	const cross = image(drawShape('cross', {front: [10, 90, 250]}));

	test('answers a question about a picture as it writes, and the picture decides what', async () => {
		folder = temporaryFolder();
		runner = await begin(path.join(folder, 'models'));
		const cat: Image = {bytes: readFileSync(catFile), mediaType: 'image/jpeg'};
		const events: ChatEvent[] = [];
		for await (const event of runTask<ChatEvent>(runner, 'chat', see([cat]))) events.push(event);
		expect(events.filter(({type}) => type === 'text-delta').length).toBeGreaterThan(3);
		const closing = events.at(-1);
		expect(closing).toMatchObject({type: 'chat-end', reason: 'length', usage: {completionTokens: 24}});

		const [first, other, again] = [await ask(see([circle])), await ask(see([cross])), await ask(see([circle]))];
		expect(first.text).not.toBe('');
		expect(other.text).not.toBe(first.text);
		expect(again.text).toBe(first.text);
		const both = await ask(see([circle, cross]));
		expect(both.text).not.toBe(first.text);
		expect(both.usage.promptTokens).toBeGreaterThan(first.usage.promptTokens);

		// Damaged pictures and those that would not fit into memory are refused by name; the next request is served.
		for (const bytes of [Buffer.from('89504e470d0a1a0a00', 'hex'), hugePng(20_000)])
			await expect(ask(see([circle, image(bytes)]))).rejects.toMatchObject({
				code: 'invalid-request',
				data: {path: 'messages.0.content.2.image'},
			});
		expect((await ask(see([circle]))).text).toBe(first.text);

		// More than it was loaded to hold is told in tokens.
		const long = 'once upon a time there was a cat '.repeat(200);
		await expect(ask({messages: [{role: 'user', content: long}]})).rejects.toMatchObject({
			code: 'context-overflow',
			data: {limit: 512, tokens: expect.any(Number)},
		});

		// A request that is cancelled between two tokens ends there.
		const abort = new AbortController();
		const stream = runTask<ChatEvent>(runner, 'chat', see([circle], {maxTokens: 400}), {signal: abort.signal});
		expect(await stream.next()).toMatchObject({value: {type: 'text-delta'}});
		abort.abort();
		await expect(untilEnd(stream)).rejects.toMatchObject({code: 'cancelled'});
		expect((await ask(see([circle]))).text).toBe(first.text);

		// The program dies: whoever asked hears of it at once, and so does whoever would ask next.
		const answering = runTask<ChatEvent>(runner, 'chat', see([circle], {maxTokens: 400}));
		await answering.next();
		const mark = path.join(folder, 'models');
		const programs = programsFor(mark).filter(({isGuard}) => !isGuard);
		expect(programs.length).toBe(1);
		const killedAt = performance.now();
		for (const {pid} of programs) process.kill(pid, 'SIGKILL');
		const failure = await untilEnd(answering).catch((error: unknown) => error);
		expect(performance.now() - killedAt).toBeLessThan(1000);
		expect(MofaError.is(failure, 'runner-failed') && failure.data).toMatchObject({
			reason: 'exited',
			detail: expect.stringMatching(/llama-server ended/),
		});
		await runner.died;
		expect(programsFor(mark)).toEqual([]);

		// Another runner serves; that one is killed, and nothing is left behind.
		runner = await begin(path.join(folder, 'more'));
		expect((await ask(see([circle]))).text).toBe(first.text);
		expect(programsFor(path.join(folder, 'more'))).not.toEqual([]);
		process.kill(runner.pid, 'SIGKILL');
		await runner.died;
		await vi.waitUntil(() => programsFor(path.join(folder, 'more')).length === 0, {timeout: 5000});
	});

	test('keeps what is asked of every adapter', async () => {
		const model = await seeingModel(path.join(temporaryFolder(), 'models'));
		await testAdapter({
			adapter: ggufVision,
			model,
			requests: {chat: [see([circle], {maxTokens: 8}), see([circle, cross], {maxTokens: 8})]},
			settings: {num_ctx: 512, slots: 2},
			device: testDevice,
		});
	});
});

async function untilEnd(events: AsyncIterator<ChatEvent>): Promise<void> {
	while ((await events.next()).done !== true);
}
