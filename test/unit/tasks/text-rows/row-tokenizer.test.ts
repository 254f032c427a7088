import {mkdtemp, readFile, rm, writeFile} from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import {expect, onTestFinished, test} from 'vitest';
import {pairRow} from '../../../../src/tasks/text-rows/pair-rows.ts';
import {readRowTokenizer, type RowTokenizer} from '../../../../src/tasks/text-rows/row-tokenizer.ts';
import {repositoryRoot} from '../../../helpers/bundle.ts';

const fixture = (name: string): string => path.join(repositoryRoot, 'test/fixtures/reranking', name, 'tokenizer.json');

/** The tokenizer of the tiny BERT with another way to put special tokens around texts. */
async function withProcessor(processor: unknown): Promise<RowTokenizer> {
	const folder = await mkdtemp(path.join(os.tmpdir(), 'mofa-tokenizer-'));
	onTestFinished(() => rm(folder, {recursive: true}));
	const written = JSON.parse(await readFile(fixture('bert'), 'utf8')) as object;
	const file = path.join(folder, 'tokenizer.json');
	await writeFile(file, JSON.stringify({...written, post_processor: processor}));
	return readRowTokenizer('tiny', {tokenizer: file});
}

test('what stands around two texts is read off the tokenizer', async () => {
	const {pair} = await readRowTokenizer('tiny', {tokenizer: fixture('bert')});
	expect(pair).toEqual({
		before: {ids: [1], types: [0]},
		between: {ids: [2], types: [0]},
		after: {ids: [2], types: [1]},
		types: [0, 1],
	});
});

test('RoBERTa ends the first text before it begins the second', async () => {
	const {pair} = await withProcessor({
		type: 'RobertaProcessing',
		cls: ['[CLS]', 1],
		sep: ['[SEP]', 2],
		trim_offsets: true,
		add_prefix_space: false,
	});
	expect([pair?.before.ids, pair?.between.ids, pair?.after.ids]).toEqual([[1], [2, 2], [2]]);
});

test('a tokenizer for one text alone reads one text, and says nothing of two', async () => {
	const single = [{SpecialToken: {id: '[CLS]', type_id: 0}}, {Sequence: {id: 'A', type_id: 0}}];
	const tokenizer = await withProcessor({
		type: 'TemplateProcessing',
		single,
		special_tokens: {'[CLS]': {id: '[CLS]', ids: [1], tokens: ['[CLS]']}},
	});
	expect(tokenizer.pair).toBeNull();
	expect(tokenizer.before).toEqual([1]);
	expect((await withProcessor(null)).pair).toBeNull();
});

test('the second text is cut to the room that the first leaves', async () => {
	const {pair} = await readRowTokenizer('tiny', {tokenizer: fixture('bert')});
	if (pair === null) throw new Error('it says nothing of two texts');
	expect(pairRow([10, 11], [20, 21, 22], pair, Infinity)).toEqual({
		ids: [1, 10, 11, 2, 20, 21, 22, 2],
		types: [0, 0, 0, 0, 1, 1, 1, 1],
		cut: false,
	});
	expect(pairRow([10, 11], [20, 21, 22], pair, 6)).toEqual({
		ids: [1, 10, 11, 2, 20, 2],
		types: [0, 0, 0, 0, 1, 1],
		cut: true,
	});
	expect(pairRow([10, 11], [], pair, 6).cut).toBe(false);
});
