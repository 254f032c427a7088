import {createHash} from 'node:crypto';
import {readFileSync} from 'node:fs';
import path from 'node:path';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {crossEncoder} from '../../src/adapters/cross-encoder.ts';
import {sentenceEncoder} from '../../src/adapters/sentence-encoder.ts';
import {commands, type Command} from '../../src/cli/reference.ts';
import type {AnyEngine} from '../../src/contract/engine.ts';
import type {InstalledModel} from '../../src/contract/manifest.ts';
import {starterModels} from '../../src/models/starters.ts';
import {readRowTokenizer} from '../../src/tasks/text-rows/row-tokenizer.ts';
import {repositoryRoot} from '../helpers/bundle.ts';
import {ranked} from '../helpers/ranks.ts';
import {loadHere} from '../helpers/real-sound.ts';
import {cosine, embedded} from '../helpers/vectors.ts';

/** What the networks made of texts in Python, written by `registry/starter/finder/make/check.py --fixture`. */
interface Reference {
	readonly texts: ReadonlyArray<{
		readonly text: string;
		readonly tokens: readonly number[];
		readonly vector: readonly number[];
	}>;
	readonly pairs: ReadonlyArray<{readonly query: string; readonly document: string; readonly logit: number}>;
}

const starters = path.join(repositoryRoot, 'registry/starter');
const reference = JSON.parse(
	readFileSync(path.join(repositoryRoot, 'test/fixtures/finder/reference.json'), 'utf8'),
) as Reference;

/** From `registry/starter/finder/make/held-out.json`, which no training sees. */
const questions: ReadonlyArray<readonly [question: string, command: string]> = [
	['Where do I see everything that is already downloaded?', 'list'],
	['Throw a model away to gain disk space', 'rm'],
	['make subtitles for a video lecture', 'transcribe'],
	['How can the computer read an article out loud?', 'speak'],
	['connect speech recognition, a chat model and a voice into one chain', 'pipe'],
	['Will an 8 billion parameter model work on this laptop before I spend hours downloading?', 'fit'],
	['I fear a weights file got corrupted, how can I test it?', 'verify'],
	['clean up half finished downloads and stale versions', 'prune'],
	['Use what Ollama has fetched already without duplicating gigabytes', 'adopt'],
	['Tab completion in zsh', 'completion'],
];
const pages = commands.map(command => ({name: command.name, text: pageOf(command)}));

let models: ReadonlyMap<string, InstalledModel>;
beforeAll(async () => {
	models = new Map((await starterModels(starters)).map(({installed}) => [installed.manifest.name, installed]));
});
const shipped = (name: string): InstalledModel => {
	const model = models.get(name);
	if (model === undefined) throw new Error(`no starter is called ${name}`);
	return model;
};

test('the finder and the ranker are the files that their manifests list, and together no more than 2.5 MB', () => {
	let sum = 0;
	for (const name of ['finder', 'ranker'])
		for (const {url, bytes, sha256} of shipped(name).variant.files) {
			const data = readFileSync(path.join(starters, name, url));
			const found = {name, url, bytes: data.length, sha256: createHash('sha256').update(data).digest('hex')};
			expect(found).toEqual({name, url, bytes, sha256});
			sum += bytes;
		}
	expect(sum).toBeLessThan(2_500_000);
});

describe('the finder that ships', () => {
	let engine: AnyEngine;
	beforeAll(async () => {
		engine = await loadHere(sentenceEncoder, shipped('finder'));
	});
	afterAll(() => engine[Symbol.asyncDispose]());

	test('reads the tokens that it was trained with', async () => {
		const tokenizer = await readRowTokenizer('finder', shipped('finder').paths);
		for (const {text, tokens} of reference.texts) expect(tokenizer.tokens(text)).toEqual(tokens);
	});

	test('makes the vectors that the network made', async () => {
		const {vectors} = await embedded(engine, {inputs: reference.texts.map(({text}) => text)});
		for (const [at, {vector}] of reference.texts.entries())
			for (const [index, value] of vector.entries())
				expect(Math.abs(value - (vectors[at]?.[index] ?? 9))).toBeLessThan(1e-3);
		expect(vectors).toHaveLength(reference.texts.length);
	});

	test.each(questions)('"%s" lies close to mofa %s', async (question, command) => {
		const {vectors} = await embedded(engine, {inputs: [question, ...pages.map(({text}) => text)]});
		const [asked, ...found] = vectors;
		const best = pages
			.map(({name}, at) => ({name, likeness: cosine(asked, found[at])}))
			.toSorted((a, b) => b.likeness - a.likeness)
			.slice(0, 5)
			.map(({name}) => name);
		expect(best).toContain(command);
	});
});

describe('the ranker that ships', () => {
	let engine: AnyEngine;
	beforeAll(async () => {
		engine = await loadHere(crossEncoder, shipped('ranker'));
	});
	afterAll(() => engine[Symbol.asyncDispose]());

	test('gives the scores that the network gave', async () => {
		for (const {query, document, logit} of reference.pairs) {
			const {results} = await ranked(engine, {query, documents: [document], raw: true});
			expect(Math.abs((results[0]?.score ?? Number.NaN) - logit)).toBeLessThan(1e-3);
		}
	});

	test.each(questions)('"%s" is answered by mofa %s', async (query, command) => {
		const {results} = await ranked(engine, {query, documents: pages.map(({text}) => text)});
		expect(results.slice(0, 5).map(({index}) => pages[index]?.name)).toContain(command);
	});
});

/** As `make/passages.mjs` lays out a command. */
function pageOf({name, aliases = [], summary, arguments: words = [], options = [], examples = []}: Command): string {
	return [
		`mofa ${name}${aliases.length > 0 ? ` (${aliases.map(alias => alias).join(', ')})` : ''}: ${summary}`,
		...words.map(({usage, summary: about}) => `${usage} ${about}`),
		...options.map(({flags, summary: about}) => `${flags} ${about}`),
		...examples.map(({line, does}) => `${line} ${does}`),
	].join('\n');
}
