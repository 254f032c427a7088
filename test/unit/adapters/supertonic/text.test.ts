import {readFileSync} from 'node:fs';
import path from 'node:path';
import {expect, test} from 'vitest';
import {numbersOf, readableText, reads} from '../../../../src/adapters/supertonic/characters.ts';
import {languageFor, languagesOf} from '../../../../src/adapters/supertonic/languages.ts';
import {normalize} from '../../../../src/adapters/supertonic/normalize.ts';
import type {Warning} from '../../../../src/contract/task.ts';
import {repositoryRoot} from '../../../helpers/bundle.ts';

const {texts} = JSON.parse(
	readFileSync(path.join(repositoryRoot, 'test/fixtures/speech/supertonic/reference.json'), 'utf8'),
) as {readonly texts: ReadonlyArray<{readonly text: string; readonly tagged: string; readonly untagged: string}>};

test.each(texts)('"$text" is prepared as the reference does, for each generation', ({text, tagged, untagged}) => {
	expect(`<en>${normalize(text, {accented: true})}</en>`).toBe(tagged);
	expect(normalize(text, {accented: false})).toBe(untagged);
});

const languages = (version: string | null, split: string | null = 'opensource-multilingual', readsTags = true) =>
	languagesOf({version, split}, {readsTags});

test('a generation is known by its version, and one without tags by its characters', () => {
	const count = (...asked: Parameters<typeof languages>): number => languages(...asked).known.length;
	expect(count('v1.5.0', 'opensource-en')).toBe(1);
	expect(count('v1.5.0', null)).toBe(1);
	expect(count('v1.6.0')).toBe(5);
	expect(count('v1.7.3')).toBe(31);
	expect(count('v2.0')).toBe(31);
	expect(count(null, null)).toBe(31);
	expect(count('v1.7.3', 'opensource-multilingual', false)).toBe(1);
	expect(languages('v1.5.0', 'opensource-en').unsaid).toBeNull();
});

test.each([
	['v1.7.3', undefined, 'Guten Tag', 'na', 0],
	['v1.7.3', 'de-AT', 'Guten Tag', 'de', 0],
	['v1.7.3', 'NA', 'Guten Tag', 'na', 0],
	['v1.7.3', 'zh', 'Guten Tag', 'na', 1],
	['v1.7.3', undefined, 'カタカナ です', 'ja', 0],
	['v1.7.3', 'en', '한국어', 'en', 0],
	['v1.6.0', undefined, 'Guten Tag', 'en', 0],
	['v1.6.0', 'de', 'Guten Tag', 'en', 1],
	['v1.6.0', undefined, '한국어', 'ko', 0],
	['v1.6.0', undefined, 'です', 'en', 0],
	['v1.5.0', 'en', 'Hello', null, 0],
	['v1.5.0', 'fr', 'Bonjour', null, 1],
])('%s, asked for %s of "%s", reads it as %s', (version, asked, text, tag, warned) => {
	const warnings: Warning[] = [];
	expect(languageFor(languages(version), asked, text, warning => void warnings.push(warning))).toBe(tag);
	expect(warnings.length).toBe(warned);
});

test('characters that a model does not read are left out and told', () => {
	const characters: number[] = Array.from({length: 0x301}, () => -1);
	for (const [number, sign] of [...'abcde .'].entries()) characters[sign.charCodeAt(0)] = number;
	expect(numbersOf(characters, 'bad 😀.')).toEqual([1, 0, 3, 5, 6]);
	expect(reads(characters, 'bad')).toBe(true);
	expect(reads(characters, 'good')).toBe(false);
	expect(readableText(characters, 'a dé 你!', {accented: true})).toEqual({text: 'a dé !', lost: ['é', '你', '!']});
	expect(readableText(characters, 'a d\u200d 😀\n', {accented: true})).toEqual({text: 'a d\u200d 😀\n', lost: []});
	expect(readableText(characters, 'ê', {accented: false}).lost).toEqual([]);
});
