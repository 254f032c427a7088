import {readFileSync} from 'node:fs';
import path from 'node:path';
import {Tokenizer} from '@huggingface/tokenizers';
import {expect, test} from 'vitest';
import {looksAtWords, rememberWords} from '../../../../src/tasks/text-rows/word-cache.ts';
import {repositoryRoot} from '../../../helpers/bundle.ts';

const written = JSON.parse(
	readFileSync(path.join(repositoryRoot, 'test/fixtures/embedding/bert/tokenizer.json'), 'utf8'),
) as Readonly<Record<string, unknown>>;
const tokenizer = new Tokenizer(written, {});
const encode = (text: string): readonly number[] => tokenizer.encode(text, {add_special_tokens: false}).ids;

test.each([
	'The cat sat on the moon.',
	'  spaces\t\tand\r\nlines \n',
	'a\u00A0hard space, a\u2003wide one, and one of no\uFEFF width',
	'Ünïcödé 漢字, don\u2019t; e\u0301 and\u0000 control\u200B',
	'[CLS] written by a person[SEP]and [MASK] too [PAD][PAD]',
	'x'.repeat(200),
	'emoji 👩‍👩‍👧 and 𝔉𝔯𝔞𝔨𝔱𝔲𝔯',
	'',
	' ',
])('words one by one have the tokens of the whole text: %j', text => {
	const remembering = rememberWords(encode);
	expect(remembering(text)).toEqual(encode(text));
	expect(remembering(text)).toEqual(encode(text));
});

test('a word that came before is not looked at again', () => {
	const asked: string[] = [];
	const remembering = rememberWords(text => {
		asked.push(text);
		return [text.length];
	});
	expect(remembering('to be or not to be')).toEqual([2, 2, 2, 3, 2, 2]);
	expect(remembering('be')).toEqual([2]);
	expect(asked).toEqual(['to', 'be', 'or', 'not']);
});

test('more words than are remembered leave the tokens as they are', () => {
	const remembering = rememberWords(text => [Number(text)]);
	const numbers = Array.from({length: 25_000}, (_, index) => index);
	expect(remembering(numbers.join(' '))).toEqual(numbers);
	expect(remembering('7')).toEqual([7]);
});

test('tokenizers that look across spaces are left alone', () => {
	expect(looksAtWords(written)).toBe(true);
	expect(looksAtWords({...written, pre_tokenizer: {type: 'Metaspace'}})).toBe(false);
	expect(looksAtWords({...written, normalizer: null})).toBe(false);
	expect(looksAtWords({...written, added_tokens: [{content: 'two words'}]})).toBe(false);
});
