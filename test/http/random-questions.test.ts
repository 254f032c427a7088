import * as fc from 'fast-check';
import {expect, test} from 'vitest';
import {ending, fakeServices, type Script} from '../helpers/fake-services.ts';
import {serveApp} from '../helpers/serve-app.ts';

const chat = {model: 'tiny', messages: [{role: 'user', content: 'Hi'}]};

const post = (url: string, body: string): Promise<Response> =>
	fetch(url, {method: 'POST', headers: {'content-type': 'application/json'}, body});

/** The least that each task may answer. */
const answers: Script = async function* (ask) {
	const usage = {tokens: 1, characters: 1, audioSeconds: 1, steps: 1, computeMs: 1};
	const least: Readonly<Record<string, readonly object[]>> = {
		embedding: [{type: 'embedding-end', usage}],
		reranking: [{type: 'reranking-end', results: [], usage}],
		image: [{type: 'image-end', usage}],
		speech: [
			{type: 'audio-start', sampleRate: 8000, channels: 1},
			{type: 'speech-end', usage},
		],
		transcription: [{type: 'transcription-end', usage}],
	};
	for (const event of least[ask.task] ?? [ending(ask)]) yield event as never;
};

test('whatever is sent, the answer is ours and never a 500', async () => {
	const internal: unknown[] = [];
	const services = fakeServices({script: answers});
	const {url} = await serveApp(services, {onInternal: error => internal.push(error)});
	const key = fc.constantFrom(
		'model',
		'messages',
		'stream',
		'n',
		'stop',
		'tools',
		'tool_choice',
		'response_format',
		'options',
		'prompt',
		'request',
		'keepAlive',
		'keep_alive',
		'settings',
		'logprobs',
		'temperature',
		'input',
		'inputs',
		'query',
		'documents',
		'texts',
		'voice',
		'size',
		'seed',
		'pipeline',
		'stages',
		'stage',
		'from',
		'$binary',
		'type',
		'__proto__',
	);
	const message = fc.record({role: fc.constantFrom('user', 'assistant', 'tool', 'x'), content: fc.jsonValue()});
	const value = fc.oneof(
		fc.jsonValue(),
		fc.array(message, {maxLength: 3}),
		fc.constantFrom('tiny', 'missing', true, 1),
	);
	const body = fc.oneof(
		fc.dictionary(key, value).map(fields => JSON.stringify(fields)),
		fc.string(),
		fc.json(),
	);
	const path = fc.constantFrom(
		'/v1/chat/completions',
		'/v1/completions',
		'/v1/tasks/chat',
		'/v1/tasks/completion',
		'/v1/tasks/constructor',
		'/v1/tasks/embedding',
		'/v1/tasks/image',
		'/v1/tasks/transcription',
		'/v1/embeddings',
		'/v1/rerank',
		'/rerank',
		'/v1/audio/speech',
		'/v1/images/generations',
		'/v1/pipelines',
		'/v1/pipelines/plan',
		'/v1/load',
		'/v1/unload',
		'/v1/models/fit',
		'/v1/models/pull',
		'/v1/models/verify',
		'/v1/models/adopt',
	);
	await fc.assert(
		fc.asyncProperty(path, body, async (where, text) => {
			const response = await post(url + where, text);
			const answer = await response.text();
			if (response.status === 200) return;
			expect(response.status).toBeGreaterThanOrEqual(400);
			expect(response.status).toBeLessThan(500);
			expect(JSON.parse(answer)).toMatchObject({error: {message: expect.any(String), code: expect.any(String)}});
		}),
		{numRuns: 300},
	);
	expect(internal).toEqual([]);
	await services.leases.idle();
});

/** A question for each path that is right. */
const right: Readonly<Record<string, object>> = {
	'/v1/chat/completions': {...chat, stream: false, tools: [], stop: 'a', options: {}, n: 1},
	'/v1/completions': {model: 'tiny', prompt: 'a', echo: false, logprobs: null, suffix: ''},
	'/v1/embeddings': {model: 'tiny', input: ['a'], encoding_format: 'float', dimensions: 3},
	'/v1/rerank': {model: 'tiny', query: 'a', documents: ['b'], top_n: 1, return_documents: true},
	'/rerank': {query: 'a', texts: ['b'], truncation_direction: 'right', return_text: true},
	'/v1/audio/speech': {model: 'tiny', input: 'a', voice: 'b', response_format: 'wav', speed: 1},
	'/v1/images/generations': {prompt: 'a', n: 1, size: '64x64', seed: 1, response_format: 'url', sampler: 'euler'},
	'/v1/tasks/chat': {model: 'tiny', request: {messages: chat.messages}, stream: true, keepAlive: 1, settings: {}},
	'/v1/tasks/completion': {model: 'tiny', inputs: ['a'], request: {}, stream: false, priority: 'batch'},
	'/v1/tasks/image': {inputs: ['a'], request: {steps: 1}},
	'/v1/tasks/transcription': {
		request: {audio: {samples: {$binary: 'AAAAAA==', type: 'Float32Array'}, sampleRate: 8000, channels: 1}},
	},
	'/v1/pipelines': {pipeline: ['llm'], input: [{type: 'value', medium: 'text', value: 'a'}]},
	'/v1/pipelines/plan': {pipeline: {stages: [{stage: 'llm', settings: {system: 'a'}}], loop: false}},
	'/v1/load': {model: 'org/tiny:Q8_0', keepAlive: 1, settings: {}},
	'/v1/models/fit': {model: 'tiny', task: null, contextLength: 1},
};

/** The same with something else in one place, however deep. */
const spoilt = fc
	.constantFrom(...Object.keys(right))
	.chain(path =>
		fc.tuple(fc.constant(path), fc.nat(), fc.oneof(fc.jsonValue(), fc.constantFrom({}, [], '', -1, 1e300))),
	)
	.map(([path, at, value]): readonly [path: string, body: unknown] => {
		const body: unknown = structuredClone(right[path]);
		const places: Array<readonly [holder: Record<string, unknown>, key: string]> = [];
		const visit = (holder: unknown): void => {
			if (typeof holder !== 'object' || holder === null) return;
			for (const [key, item] of Object.entries(holder)) {
				places.push([holder as Record<string, unknown>, key]);
				visit(item);
			}
		};
		visit(body);
		const [holder, key] = places[at % places.length] ?? [{}, ''];
		holder[key] = value;
		return [path, body];
	});

test('a right question with one wrong thing in it is answered, or refused by a 4xx', async () => {
	const internal: unknown[] = [];
	const services = fakeServices({script: answers});
	const {url} = await serveApp(services, {onInternal: error => internal.push(error)});
	for (const [path, body] of Object.entries(right))
		expect((await post(url + path, JSON.stringify(body))).status, path).toBe(200);
	await fc.assert(
		fc.asyncProperty(spoilt, async ([path, body]) => {
			const response = await post(url + path, JSON.stringify(body));
			const answer = await response.text();
			if (response.status === 200) return;
			expect(response.status).toBeLessThan(500);
			expect(JSON.parse(answer)).toMatchObject({error: {message: expect.any(String), code: expect.any(String)}});
		}),
		{numRuns: 200},
	);
	expect(internal).toEqual([]);
	await services.leases.idle();
});
