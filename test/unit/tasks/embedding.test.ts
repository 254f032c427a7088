import {expect, test} from 'vitest';
import {embedding, type EmbeddingEvent} from '../../../src/tasks/embedding.ts';
import {embeddingStage} from '../../../src/tasks/stage/embedding.ts';
import {builtInTasks} from '../../../src/tasks/index.ts';

test('it is among the tasks that every door serves', () => {
	expect(builtInTasks['embedding']).toBe(embedding);
});

test('texts and tokens are taken as they are', () => {
	const request = {inputs: ['Hello', '', [1, 2]], dimensions: 32, purpose: 'query', normalise: false, truncate: false};
	expect(embedding.parse(request)).toEqual(request);
});

test.each([
	[{}, 'inputs', 'a list of texts'],
	[{inputs: 'Hello'}, 'inputs', 'a list of texts'],
	[{inputs: []}, 'inputs', 'at least one text'],
	[{inputs: [7]}, 'inputs.0', 'a text, or a list of token numbers'],
	[{inputs: ['a', []]}, 'inputs.1', 'token numbers, but there are none'],
	[{inputs: [[-1]]}, 'inputs.0.0', 'a token number'],
	[{inputs: ['a'], dimensions: 0}, 'dimensions', 'at least 1'],
	[{inputs: ['a'], dimensions: 1.5}, 'dimensions', 'a whole number'],
	[{inputs: ['a'], purpose: 'title'}, 'purpose', 'query or document'],
	[{inputs: ['a'], text: 'b'}, 'body', 'nothing called text'],
])('what is wrong with %j is said of %s', (request, path, expected) => {
	let failure: unknown;
	try {
		embedding.parse(request);
	} catch (error) {
		failure = error;
	}
	expect(failure).toMatchObject({code: 'invalid-request', data: {path, expected}});
});

test('vectors stand where their inputs did, whenever they came', async () => {
	const usage = {tokens: 4, computeMs: 1};
	const vectors = [Float32Array.of(1, 0), Float32Array.of(0, 1)] as const;
	const result = await embedding.collect(
		events(
			{type: 'vector', index: 1, vector: vectors[1]},
			{type: 'vector', index: 0, vector: vectors[0]},
			{type: 'embedding-end', usage},
		),
	);
	expect(result).toEqual({vectors, dimensions: 2, usage});
});

test('an end without its closing event is none', async () => {
	await expect(embedding.collect(events())).rejects.toThrow('closing event');
});

test('in a pipeline a turn of text is one vector', () => {
	if (embeddingStage.takes === 'live') throw new Error('it takes turns');
	const talk = embeddingStage.open({purpose: 'query'});
	const text = (value: string): {type: 'value'; medium: 'text'; value: string} => ({
		type: 'value',
		medium: 'text',
		value,
	});
	expect(talk.request([text('Where '), text('is it?\n')])).toEqual({purpose: 'query', inputs: ['Where is it?']});
	expect(talk.request([text(' ')])).toBeNull();
	const vector = Float32Array.of(1);
	expect([...talk.packets({type: 'vector', index: 0, vector})]).toEqual([
		{type: 'value', medium: 'vector', value: vector},
	]);
});

async function* events(...all: readonly EmbeddingEvent[]): AsyncGenerator<EmbeddingEvent> {
	yield* all;
}
