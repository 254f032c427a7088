import {expect, test} from 'vitest';
import type {AnyTask} from '../../../src/contract/task.ts';
import {requestsOf} from '../../../src/pipelines/requests-of.ts';
import {builtInTasks} from '../../../src/tasks/index.ts';

const text = (value: string): object => ({medium: 'text', value});
const image = {medium: 'image', value: {bytes: Uint8Array.of(1), mediaType: 'image/png'}};
const audio = {medium: 'audio', value: {samples: new Float32Array(4), sampleRate: 8000, channels: 1}};

const taskOf = (name: string): AnyTask => {
	const task = builtInTasks[name];
	if (task === undefined) throw new Error(name);
	return task;
};

test.each<[string, readonly object[], object, unknown]>([
	['completion', [text('Once '), text('upon')], {temperature: 0}, {prompt: 'Once upon', sampling: {temperature: 0}}],
	['embedding', [text(' a text ')], {purpose: 'query'}, {inputs: ['a text'], purpose: 'query'}],
	['speech', [text('One. Two.')], {voice: 'rms'}, {text: 'One. Two.', voice: 'rms'}],
	['image', [text('a cat'), image], {seed: 1}, {prompt: 'a cat', image: image.value, seed: 1}],
	['reranking', [text('one'), text('two')], {query: 'which?'}, {query: 'which?', documents: ['one', 'two']}],
	['chat', [text('Hello')], {system: 'Be brief'}, {messages: [{role: 'system'}, {role: 'user', content: 'Hello'}]}],
])('%s makes one request of what comes in', (name, inputs, settings, request) => {
	expect(requestsOf(taskOf(name), inputs, {...settings})).toMatchObject([request as object]);
});

test('a task that listens gets its sound as a stream', async () => {
	const [request] = requestsOf(taskOf('transcription'), [audio], {language: 'en'});
	const {audio: heard, language} = request as {audio: AsyncIterable<{samples: Float32Array}>; language: string};
	expect(language).toBe('en');
	for await (const piece of heard) expect(piece.samples).toBe(audio.value.samples);
});

test('a task without a word on stages has a field for each medium, and one that takes values a request for each', () => {
	const plain: AnyTask = {
		name: 'naming',
		accepts: ['image', 'text'],
		emits: ['text'],
		parse: input => input,
		collect: async () => null,
		visible: () => true,
	};
	expect(requestsOf(plain, [image, text('kindly')], {top: 1})).toEqual([{image: image.value, text: 'kindly', top: 1}]);
	const each: AnyTask = {
		...plain,
		stage: {takes: 'value', open: () => ({request: ([value]) => value?.medium ?? null, *packets() {}})},
	};
	expect(requestsOf(each, [image, text('x')], {})).toEqual(['image', 'text']);
});

test.each<[string, string, readonly unknown[], object]>([
	['what is no value', 'completion', ['text'], {path: 'inputs.0'}],
	[
		'another medium',
		'completion',
		[text('x'), image],
		{path: 'inputs.1', expected: 'text, which is what the task takes'},
	],
	['nothing to say', 'completion', [text(' ')], {path: 'inputs'}],
	['a setting that is wrong', 'completion', [text('x')], {path: 'maxTokens'}],
])('%s is refused by its place', (_what, name, inputs, data) => {
	const settings = 'path' in data && data.path === 'maxTokens' ? {maxTokens: 'many'} : {};
	expect(() => requestsOf(taskOf(name), inputs, settings)).toThrow(
		expect.objectContaining({code: 'invalid-request', data: expect.objectContaining(data) as object}) as Error,
	);
});
