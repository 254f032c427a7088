import {readFileSync} from 'node:fs';
import path from 'node:path';
import {describe, expect, test} from 'vitest';
import {readRowTokenizer} from '../../src/tasks/text-rows/row-tokenizer.ts';
import {repositoryRoot} from '../helpers/bundle.ts';

/** Of `row_tokenizers.py`: texts, and what Python's tokenizers make of them. */
interface Row {
	readonly text: string;
	readonly tokens: readonly number[];
}

describe.each(['xlm-roberta', 'gemma'])('a tokenizer of the kind of %s', kind => {
	const folder = path.join(repositoryRoot, 'test/fixtures/tokenizers', kind);
	const reference = JSON.parse(readFileSync(path.join(folder, 'reference.json'), 'utf8')) as readonly Row[];

	test('makes the same tokens as in Python, of many scripts and signs', async () => {
		const tokenizer = await readRowTokenizer(kind, {tokenizer: path.join(folder, 'tokenizer.json')});
		expect(reference.length).toBeGreaterThan(100);
		expect(reference.map(({text}) => ({text, tokens: tokenizer.tokens(text)}))).toEqual(reference);
	});

	test('makes the same tokens a second time, when it remembers words', async () => {
		const tokenizer = await readRowTokenizer(kind, {tokenizer: path.join(folder, 'tokenizer.json')});
		for (const {text, tokens} of [...reference, ...reference]) expect(tokenizer.tokens(text)).toEqual(tokens);
	});
});
