import path from 'node:path';
import OpenAI from 'openai';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {repositoryRoot} from '../helpers/bundle.ts';
import {isPresent, sharedFile} from '../helpers/real-sound.ts';
import {guidePresent, patience, User, type Daemon} from '../helpers/user.ts';
import {cosine} from '../helpers/vectors.ts';

const folder = sharedFile('models/model2vec-64d');
const present = isPresent(folder);
const bert = path.join(repositoryRoot, 'test/fixtures/embedding/bert');

interface Document {
	readonly dimensions: number;
	readonly embeddings: ReadonlyArray<{readonly vector: readonly number[]}>;
}

describe.skipIf(!guidePresent || !present)('vectors through the built program', patience, () => {
	let user: User;
	let daemon: Daemon;
	beforeAll(async () => {
		user = new User({MOFA_HOST: '127.0.0.1:0'});
		daemon = await user.daemon();
	}, patience.timeout);
	afterAll(() => user[Symbol.asyncDispose]());

	test('what means alike lies close', async () => {
		const texts = ['Stock market prices fell today.', 'Bank interest rates and money.', 'A kitten naps on the couch.'];
		const {code, out, err} = await user.run(['embed', ...texts, '--model', folder]);
		expect({code, err}).toEqual({code: 0, err: ''});
		const {dimensions, embeddings} = JSON.parse(out) as Document;
		const vectors = embeddings.map(({vector}) => Float32Array.from(vector));
		expect(dimensions).toBe(64);
		expect(cosine(vectors[0], vectors[1])).toBeCloseTo(0.8, 1);
		expect(cosine(vectors[0], vectors[2])).toBeLessThan(0.3);
	});

	test('without a name the built-in finder makes the vectors, and says that it is a toy', async () => {
		const texts = ['How do I delete a model?', 'get rid of a model', 'The ship sails across the ocean.'];
		const {code, out, err} = await user.run(['embed', ...texts]);
		expect(code).toBe(0);
		expect(err).toContain('the built-in finder, a toy of');
		const vectors = (JSON.parse(out) as Document).embeddings.map(({vector}) => Float32Array.from(vector));
		expect(cosine(vectors[0], vectors[1])).toBeGreaterThan(cosine(vectors[0], vectors[2]) + 0.2);
	});

	test('the official client gets what the command gets', async () => {
		const client = new OpenAI({baseURL: `${daemon.url}/v1`, apiKey: 'none', maxRetries: 0});
		const {data} = await client.embeddings.create({model: bert, input: ['the cat', 'where is the moon?']});
		const {out} = await user.run(['embed', 'the cat', 'where is the moon?', '--model', bert]);
		const {embeddings} = JSON.parse(out) as Document;
		for (const [index, {embedding}] of data.entries())
			for (const [at, value] of embedding.entries())
				expect(Math.abs(value - (embeddings[index]?.vector[at] ?? 9))).toBeLessThan(1e-6);
		expect(data).toHaveLength(2);
	});

	test('a model that makes no vectors is refused by its name', async () => {
		const {code, err} = await user.run(['embed', 'Hello', '--model', 'guide']);
		expect(code).not.toBe(0);
		expect(err).toContain('guide');
	});

	test('the built-in finder computes a hundred texts in less than five seconds', async () => {
		const lines = Array.from(
			{length: 100},
			(_, index) => `Text ${index}: where does mofa keep the files of its models?`,
		);
		const {out} = await user.run(['embed', '--lines', '-m', 'finder'], {stdin: lines.join('\n')});
		const {embeddings, computeMs} = JSON.parse(out) as Document & {readonly computeMs: number};
		expect(embeddings).toHaveLength(100);
		expect(computeMs).toBeLessThan(5000);
	});
});
