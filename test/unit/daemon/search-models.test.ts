import path from 'node:path';
import {expect, test} from 'vitest';
import type {SearchAsk, SearchHit} from '../../../src/contract/store.ts';
import {searchModels, type SearchOptions} from '../../../src/daemon/search-models.ts';
import {Registry} from '../../../src/models/registry/registry.ts';
import {repositoryRoot} from '../../helpers/bundle.ts';

const registry = new Registry([path.join(repositoryRoot, 'registry', 'models')]);

async function search(ask: Partial<SearchAsk>): Promise<{hits: readonly SearchHit[]; filters: readonly string[][]}> {
	const filters: string[][] = [];
	const hub = {
		async search(asked: {readonly filters: readonly string[]}) {
			filters.push([...asked.filters]);
			return ['someone/Qwen3-fine-GGUF', 'someone/Other-GGUF'].map(repository => ({
				repository,
				pipelineTag: 'text-generation',
				downloads: 10,
				likes: 1,
				gated: false,
				updatedAt: null,
			}));
		},
	} as unknown as SearchOptions['hub'];
	const {signal} = new AbortController();
	const hits = await searchModels({query: '', task: null, limit: 20, ...ask}, {hub, registry, signal});
	return {hits, filters};
}

test('a line of the registry is one hit with its sizes, and stands before what the Hub finds', async () => {
	const {hits, filters} = await search({query: 'qwen3', limit: 100});
	expect(hits[0]?.source).toBe('registry');
	const qwen = hits.find(({name}) => name === 'qwen3');
	expect(qwen).toMatchObject({task: 'chat', format: 'gguf', runs: true, source: 'registry'});
	expect(qwen?.sizes).toEqual(expect.arrayContaining(['0.6b', '8b']));
	expect(filters).toEqual([['gguf']]);
});

test('what is known and does not run comes last, with the reason', async () => {
	const {hits} = await search({query: 'gpt-sovits', limit: 100});
	expect(hits.at(-1)).toMatchObject({name: 'gpt-sovits', runs: false, because: expect.stringMatching(/\w/)});
	expect(hits.findIndex(({runs}) => !runs)).toBeGreaterThan(hits.findLastIndex(({runs}) => runs));
});

test('a size is found by its own name, and a task leaves out the others', async () => {
	expect((await search({query: 'qwen3:0.6b'})).hits.map(({name}) => name)).toContain('qwen3');
	const {hits} = await search({task: 'transcription', limit: 100});
	expect(hits.length).toBeGreaterThan(0);
	expect(new Set(hits.map(({task}) => task))).toEqual(new Set(['transcription']));
});
