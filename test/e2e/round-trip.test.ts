import {readFileSync} from 'node:fs';
import path from 'node:path';
import OpenAI, {toFile} from 'openai';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {repositoryRoot} from '../helpers/bundle.ts';
import {guidePresent, patience, User, type Daemon} from '../helpers/user.ts';
import {wordErrors, wordsOf} from '../helpers/word-errors.ts';

/** Sentences that the built-in ears never heard in training. */
const sentences = (
	JSON.parse(
		readFileSync(path.join(repositoryRoot, 'registry/starter/ears/make/held-out.json'), 'utf8'),
	) as readonly string[]
).slice(0, 50);

describe.skipIf(!guidePresent)('what the built-in voice says, the built-in ears hear', patience, () => {
	let user: User;
	let daemon: Daemon;
	beforeAll(async () => {
		user = new User({MOFA_HOST: '127.0.0.1:0'});
		daemon = await user.daemon();
	}, patience.timeout);
	afterAll(() => user[Symbol.asyncDispose]());

	test('fifty sentences go there and back, and most words come through', async () => {
		const client = new OpenAI({baseURL: `${daemon.url}/v1`, apiKey: 'none', maxRetries: 0});
		let errors = 0;
		for (const sentence of sentences) {
			const spoken = await client.audio.speech.create({
				model: 'voice',
				voice: 'slt',
				input: sentence,
				response_format: 'wav',
			});
			const file = await toFile(Buffer.from(await spoken.arrayBuffer()), 'spoken.wav');
			const {text} = await client.audio.transcriptions.create({model: 'ears', file});
			errors += wordErrors(sentence, text);
		}
		const share = errors / sentences.flatMap(wordsOf).length;
		console.info(
			`round trip: ${(share * 100).toFixed(1)} % of the words of ${sentences.length} sentences are misheard`,
		);
		expect(sentences).toHaveLength(50);
		expect(share).toBeLessThan(0.2);
	});

	test('words are counted as wrong, missing or too many', () => {
		expect(wordErrors('a cat sat', 'A cat sat.')).toBe(0);
		expect(wordErrors('a cat sat', 'the cat sat down')).toBe(2);
		expect(wordErrors('a cat sat', '')).toBe(3);
		expect(wordErrors('a cat', 'a black cat')).toBe(1);
	});
});
