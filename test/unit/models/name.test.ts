import os from 'node:os';
import path from 'node:path';
import * as fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {apiTask} from '../../../src/models/api-names.ts';
import {formatName, parseName} from '../../../src/models/name.ts';

const repository = (name: string, variant: string | null = null, revision: string | null = null): unknown => ({
	kind: 'repository',
	repository: name,
	variant,
	revision,
});

describe('a name', () => {
	test.each([
		['qwen3', {kind: 'registered', name: 'qwen3', tag: null}],
		['qwen3:8b', {kind: 'registered', name: 'qwen3', tag: '8b'}],
		['qwen3:8b-q8_0', {kind: 'registered', name: 'qwen3', tag: '8b-q8_0'}],
		['Llama3.2', {kind: 'registered', name: 'Llama3.2', tag: null}],
		['org/repo', repository('org/repo')],
		['hf.co/org/repo', repository('org/repo')],
		['https://huggingface.co/org/repo', repository('org/repo')],
		['https://huggingface.co/org/repo/', repository('org/repo')],
		['https://huggingface.co/org/repo/tree/v1.0', repository('org/repo', null, 'v1.0')],
		['https://huggingface.co/org/repo/blob/main/x.gguf', repository('org/repo', 'x', 'main')],
		[
			'https://huggingface.co/org/repo/resolve/main/a/x-00001-of-00002.gguf?download=true',
			repository('org/repo', 'x', 'main'),
		],
		['https://huggingface.co/org/repo/blob/main/README.md', repository('org/repo', null, 'main')],
		['https://huggingface.co/org/repo/tree/refs%2Fpr%2F1', repository('org/repo', null, 'refs/pr/1')],
		['https://hf.co/org/repo?local-app=x#files', repository('org/repo')],
		['hf.co/org/repo@v1:Q8_0', repository('org/repo', 'Q8_0', 'v1')],
		['org/repo:folder/x.gguf', repository('org/repo', 'folder/x.gguf')],
		['org/repo:Q4_K_M', repository('org/repo', 'Q4_K_M')],
		['org/repo@refs-1', repository('org/repo', null, 'refs-1')],
		['org/repo@main:Q8_0', repository('org/repo', 'Q8_0', 'main')],
		['HF.CO/org/repo:UD-Q4_K_XL', repository('org/repo', 'UD-Q4_K_XL')],
		['./file.gguf', {kind: 'path', path: '/work/file.gguf'}],
		['./folder', {kind: 'path', path: '/work/folder'}],
		['../x', {kind: 'path', path: '/x'}],
		['file.gguf', {kind: 'path', path: '/work/file.gguf'}],
		['models/file.gguf', {kind: 'path', path: '/work/models/file.gguf'}],
		['/a/b.gguf', {kind: 'path', path: '/a/b.gguf'}],
		['~', {kind: 'path', path: path.join(os.homedir(), '')}],
		['~/b.gguf', {kind: 'path', path: path.join(os.homedir(), 'b.gguf')}],
		['  qwen3  ', {kind: 'registered', name: 'qwen3', tag: null}],
	])('%s is understood', (text, name) => {
		expect(parseName(text, '/work')).toEqual(name);
	});

	test.each(['qwen3', 'qwen3:8b', 'org/repo', 'org/repo@v1:Q8_0', 'org/repo:Q4_0', '/a/b.gguf'])(
		'%s is written as it was read',
		text => {
			expect(formatName(parseName(text, '/work'))).toBe(text);
		},
	);

	test.each([
		'',
		'   ',
		'a b',
		'a/b/c',
		'org/',
		'org/repo@../x',
		'org/repo:../../x',
		'./a\u0000b',
		'https://example.com/org/repo',
		'hf.co/org',
		`org/${'x'.repeat(300)}`,
		'qwen3:8b:q8_0',
		'org/re po',
		'qwen3:',
		'qwen3:8 b',
		'org/..',
		'org/repo@',
		'org/repo:',
		'-x',
		'x'.repeat(5000),
		'a\u0000b',
	])('%j is refused, and the failure says so', text => {
		expect(() => parseName(text, '/work')).toThrow(expect.objectContaining({code: 'invalid-request'}));
	});

	test('that begins with a drive is a path on every system', () => {
		expect(parseName(String.raw`C:\models\x.gguf`, '/work')).toMatchObject({
			kind: 'path',
			path: String.raw`C:\models\x.gguf`,
		});
	});

	test('that is refused comes back shortened', () => {
		const long = `-${'x'.repeat(4000)}`;
		expect(() => parseName(long, '/work')).toThrow(
			expect.objectContaining({message: expect.not.stringContaining('x'.repeat(90))}),
		);
	});

	test('of the home folder is the same with and without a slash at its end', () => {
		expect(parseName('~/', '/work')).toEqual(parseName('~', '/work'));
		expect(parseName('~/models/', '/work')).toEqual(parseName('~/models', '/work'));
	});

	test('of any letters is understood or refused, never anything else', () => {
		fc.assert(
			fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[a-z./:@~-]{0,30}$/)), text => {
				try {
					const name = parseName(text, '/work');
					expect(parseName(formatName(name), '/work')).toEqual(name);
				} catch (error) {
					expect(error).toMatchObject({code: 'invalid-request'});
				}
			}),
			{numRuns: 5000},
		);
	});
});

test.each([
	['gpt-4o-mini', 'chat'],
	['gpt-3.5-turbo', 'chat'],
	['gpt-4o-mini-tts', 'speech'],
	['gpt-4o-transcribe', 'transcription'],
	['whisper-1', 'transcription'],
	['tts-1', 'speech'],
	['TTS-1-HD', 'speech'],
	['text-embedding-3-small', 'embedding'],
	['dall-e-3', 'image'],
	['claude-3-5-sonnet', 'chat'],
	['qwen3', null],
	['whisper', null],
	['gpt-oss', null],
	['o3-mini', 'chat'],
	['gpt-3.5-turbo-instruct', 'completion'],
	['gpt2', null],
	['olmo', null],
	['x'.repeat(1_000_000), null],
])('%.20s stands for the default model of the task %s', (name, task) => {
	expect(apiTask(name)).toBe(task);
});
