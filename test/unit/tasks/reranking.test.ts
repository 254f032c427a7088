import {expect, test} from 'vitest';
import {builtInTasks} from '../../../src/tasks/index.ts';
import {rerank, type PairModel} from '../../../src/tasks/reranking/rerank.ts';
import {reranking, type RerankingEvent, type RerankingRequest} from '../../../src/tasks/reranking.ts';
import {rerankingStage} from '../../../src/tasks/stage/reranking.ts';
import type {Warning} from '../../../src/contract/task.ts';

test('it is among the tasks that every door serves', () => {
	expect(builtInTasks['reranking']).toBe(reranking);
});

test.each([
	[{documents: ['a']}, 'query', 'a text'],
	[{query: ' ', documents: ['a']}, 'query', 'a question, but it is empty'],
	[{query: 'q'}, 'documents', 'a list of texts'],
	[{query: 'q', documents: []}, 'documents', 'at least one text'],
	[{query: 'q', documents: [7]}, 'documents.0', 'a text'],
	[{query: 'q', documents: ['a'], top: 3}, 'body', 'nothing called top'],
])('what is wrong with %j is said of %s', (request, path, expected) => {
	let failure: unknown;
	try {
		reranking.parse(request);
	} catch (error) {
		failure = error;
	}
	expect(failure).toMatchObject({code: 'invalid-request', data: {path, expected}});
});

/** Words are tokens; the log-odds are how many of the text's words are in the question, less one. */
const overlap: PairModel = {
	longest: 12,
	frame: {
		before: {ids: [0], types: [0]},
		between: {ids: [1], types: [0]},
		after: {ids: [1], types: [1]},
		types: [0, 1],
	},
	batches: {tokens: 1000, inputs: 2},
	tokens: text => text.split(' ').map(word => word.length + 10),
	async logits(rows) {
		return rows.map(({ids, types}) => {
			const asked = new Set(ids.filter((id, at) => types[at] === 0 && id > 1));
			return ids.filter((id, at) => types[at] === 1 && asked.has(id)).length - 1;
		});
	},
};

async function run(
	request: RerankingRequest,
	model = overlap,
): Promise<{results: readonly unknown[]; tokens: number; warnings: Warning[]}> {
	const warnings: Warning[] = [];
	const context = {signal: new AbortController().signal, warn: (warning: Warning) => void warnings.push(warning)};
	const {results, usage} = await reranking.collect(rerank(model, request, context));
	return {results, tokens: usage.tokens, warnings};
}

const documents = ['z', 'one four', 'four four one'];

test('raw scores are those of the model, the best first, and others lie between 0 and 1', async () => {
	const raw = await run({query: 'one four', documents, raw: true});
	expect(raw.results).toEqual([
		{index: 2, score: 2},
		{index: 1, score: 1},
		{index: 0, score: -1},
	]);
	const {results, tokens} = await run({query: 'one four', documents});
	expect(results).toEqual([
		{index: 2, score: 1 / (1 + Math.exp(-2))},
		{index: 1, score: 1 / (1 + Math.exp(-1))},
		{index: 0, score: 1 / (1 + Math.exp(1))},
	]);
	expect(tokens).toBe(3 * 5 + 1 + 2 + 3);
});

test('of equal scores that which came first is first', async () => {
	const {results} = await run({query: 'one', documents: ['a', 'b', 'c', 'd'], raw: true});
	expect(results.map(result => (result as {index: number}).index)).toEqual([0, 1, 2, 3]);
});

test('the text is cut and never the question', async () => {
	const long = 'a '.repeat(20).trim();
	const {warnings, tokens} = await run({query: 'one two three', documents: [long, 'b']});
	expect(warnings).toEqual([
		{
			setting: 'documents',
			message: expect.stringMatching(/^1 of 2 texts .* 6 tokens/),
			cut: {texts: 1, of: 2, tokens: 6},
		},
	]);
	expect(tokens).toBe(12 + 7);
	await expect(run({query: 'one two three', documents: [long], truncate: false})).rejects.toMatchObject({
		data: {path: 'documents', expected: 'texts of at most 6 tokens beside this question'},
	});
	await expect(run({query: 'a b c d e f g h i', documents: ['a']})).rejects.toMatchObject({
		data: {path: 'query', expected: expect.stringMatching(/fewer than 9 tokens.* it has 9/)},
	});
});

test('what is no number is no score', async () => {
	const model = {...overlap, logits: async () => [Number.NaN]};
	await expect(run({query: 'one', documents: ['a']}, model)).rejects.toMatchObject({code: 'internal'});
});

test('an end without its closing event is none', async () => {
	async function* nothing(): AsyncGenerator<RerankingEvent> {
		yield* [];
	}
	await expect(reranking.collect(nothing())).rejects.toThrow('closing event');
});

test.each([
	[['one', ' ', 'two'], ['one', 'two'], ['two']],
	[['one\ntwo\n\nthree\n'], ['one\n', 'two\n', 'three\n'], ['two\n']],
	[['only one'], ['only one'], ['only one']],
])('in a pipeline the texts %j of a turn are the documents %j', (values, wanted, best) => {
	if (rerankingStage.takes === 'live') throw new Error('it takes turns');
	const talk = rerankingStage.open({query: 'which?'});
	const request = talk.request(values.map(value => ({type: 'value', medium: 'text', value})));
	expect(request).toEqual({query: 'which?', documents: wanted});
	const given: RerankingEvent[] = wanted.map((_, index) => ({type: 'score', index, score: index === 1 ? 1 : 0}));
	given.push({type: 'reranking-end', usage: {tokens: 1, computeMs: 1}});
	const passed: unknown[] = [];
	for (const event of given)
		for (const packet of talk.packets(event)) if (packet.type === 'value') passed.push(packet.value);
	expect(passed).toEqual(best);
});
