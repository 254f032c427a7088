import {mkdirSync, readdirSync, rmSync, utimesSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {expect, test} from 'vitest';
import type {RequestOf} from '../../../src/contract/task.ts';
import {searchFolder, type FolderAnswer, type FolderSearch} from '../../../src/passages/search-folder.ts';
import {cutWarning} from '../../../src/tasks/cut-warning.ts';
import {fakeClient, type FakeClient} from '../../helpers/fake-client.ts';
import {temporaryFolder} from '../../helpers/temporary-folder.ts';

const meanings: ReadonlyArray<readonly string[]> = [
	['cat', 'kitten', 'feline'],
	['car', 'vehicle', 'engine'],
	['bread', 'flour', 'bake'],
];

/** Words that mean alike lie in one direction. */
function vectorOf(text: string): Float32Array {
	const vector = Float32Array.from([...meanings.map(words => words.filter(word => text.includes(word)).length), 0.01]);
	return vector.map(value => value / Math.hypot(...vector));
}

/** A model of vectors, and a ranker that knows that what is longer is better. */
const models = (): FakeClient =>
	fakeClient({
		async *answer({request}) {
			if ('inputs' in request) {
				const {inputs} = request as unknown as RequestOf<'embedding'>;
				for (const [index, input] of inputs.entries()) yield {type: 'vector', index, vector: vectorOf(String(input))};
				yield {type: 'embedding-end', usage: {tokens: 1, computeMs: 1}};
			} else {
				const {documents} = request as unknown as RequestOf<'reranking'>;
				for (const [index, {length}] of documents.entries()) yield {type: 'score', index, score: length / 1000};
				yield {type: 'reranking-end', usage: {tokens: 1, computeMs: 1}};
			}
		},
	});

interface Searched extends FolderAnswer {
	readonly embeddedTexts: readonly string[];
	readonly warnings: readonly string[];
}

async function search(folder: string, question: string, more: Partial<FolderSearch> = {}): Promise<Searched> {
	const client = models();
	const warnings: string[] = [];
	const answer = await searchFolder({
		client,
		folder,
		question,
		model: 'vectors',
		ranker: null,
		count: 3,
		indexFile: path.join(folder, '.index', 'one'),
		rebuild: false,
		signal: new AbortController().signal,
		tell: () => undefined,
		warn: ({message}) => warnings.push(message),
		...more,
	});
	const embeddedTexts = client.asks
		.map(({request}) => request as unknown as Partial<RequestOf<'embedding'>>)
		.filter(({purpose}) => purpose === 'document')
		.flatMap(({inputs = []}) => inputs.map(String));
	return {...answer, embeddedTexts, warnings};
}

function animals(): string {
	const folder = temporaryFolder();
	mkdirSync(path.join(folder, 'deep', 'node_modules'), {recursive: true});
	writeFileSync(path.join(folder, 'pets.md'), '# Pets\n\nA kitten sleeps all day.');
	writeFileSync(path.join(folder, 'deep', 'garage.txt'), 'The vehicle has an engine.');
	writeFileSync(path.join(folder, 'kitchen.txt'), 'To bake you need flour.');
	writeFileSync(path.join(folder, 'deep', 'node_modules', 'cat.md'), 'cat cat cat');
	writeFileSync(path.join(folder, 'photo.txt'), Uint8Array.of(1, 0, 2, 3));
	return folder;
}

test('a passage is found by what it means, though no word of the question is in it', async () => {
	const {passages, files, searched} = await search(animals(), 'feline');
	expect(passages[0]).toMatchObject({
		file: 'pets.md',
		firstLine: 3,
		headings: ['Pets'],
		text: 'A kitten sleeps all day.',
	});
	expect({files, searched}).toEqual({files: 4, searched: 3});
});

test('a passage is found by a word that means nothing to the model, misspelt by a letter', async () => {
	const {passages} = await search(animals(), 'sleaps');
	expect(passages[0]?.file).toBe('pets.md');
});

test('only what changed is read by the model again', async () => {
	const folder = animals();
	expect((await search(folder, 'cat')).embedded).toBe(3);
	expect(await search(folder, 'cat')).toMatchObject({embedded: 0, embeddedTexts: []});
	writeFileSync(path.join(folder, 'pets.md'), '# Pets\n\nA kitten sleeps all day.\n\n# More\n\nAnother feline.');
	expect((await search(folder, 'cat')).embeddedTexts).toEqual(['More\nAnother feline.']);
	utimesSync(path.join(folder, 'kitchen.txt'), 1, 1);
	expect((await search(folder, 'cat')).embeddedTexts).toEqual([]);
	rmSync(path.join(folder, 'pets.md'));
	const {passages, searched} = await search(folder, 'cat');
	expect(searched).toBe(2);
	expect(passages.every(({file}) => file !== 'pets.md')).toBe(true);
});

test('another model, a damaged index and a wish to rebuild each read all again', async () => {
	const folder = animals();
	await search(folder, 'cat');
	expect((await search(folder, 'cat', {rebuild: true})).embedded).toBe(3);
	expect((await search(folder, 'cat', {model: 'others'})).embedded).toBe(3);
	writeFileSync(path.join(folder, '.index', 'one'), '{"version": 1}\n');
	expect((await search(folder, 'cat')).embedded).toBe(3);
	expect(readdirSync(path.join(folder, '.index'))).toEqual(['one']);
});

test('a ranker has the last word on what comes close', async () => {
	const folder = animals();
	const long = 'The vehicle stands there, and nobody has driven it for a very long time.';
	writeFileSync(path.join(folder, 'long.txt'), long);
	const {passages} = await search(folder, 'feline', {ranker: 'ranks', count: 1});
	expect(passages).toEqual([expect.objectContaining({text: long, score: long.length / 1000})]);
});

test('a folder of nothing has no passages, and one that is not there is an error', async () => {
	expect(await search(temporaryFolder(), 'cat')).toMatchObject({passages: [], searched: 0});
	const gone = path.join(temporaryFolder(), 'gone');
	await expect(search(gone, 'cat', {indexFile: path.join(temporaryFolder(), 'x')})).rejects.toMatchObject({
		code: 'file-error',
	});
});

test('texts that are cut are one warning for the whole folder, and the question is told apart', async () => {
	const folder = temporaryFolder();
	writeFileSync(
		path.join(folder, 'many.md'),
		Array.from({length: 600}, (_, at) => `# ${at}\n\nkitten ${at}`).join('\n'),
	);
	const client = fakeClient({
		async *answer({request}) {
			const {inputs} = request as unknown as RequestOf<'embedding'>;
			yield {type: 'warning', warning: {setting: 'purpose', message: 'is not known'}};
			yield {type: 'warning', warning: cutWarning('inputs', {texts: 1, of: inputs.length, tokens: 9})};
			for (const [index, input] of inputs.entries()) yield {type: 'vector', index, vector: vectorOf(String(input))};
			yield {type: 'embedding-end', usage: {tokens: 1, computeMs: 1}};
		},
	});
	const told: string[] = [];
	await search(folder, 'kitten', {client, warn: ({setting, message}) => told.push(`${setting}: ${message}`)});
	expect(told).toEqual([
		'purpose: is not known',
		'inputs: 3 of 600 texts are longer than the 9 tokens this model reads: their beginnings count',
		'query: the text is longer than the 9 tokens this model reads: its beginning counts',
	]);
});
