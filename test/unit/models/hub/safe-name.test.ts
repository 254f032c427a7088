import {describe, expect, test} from 'vitest';
import {checkFileName, checkRepository, checkRevision, isRepository} from '../../../../src/models/hub/safe-name.ts';

describe('a file name', () => {
	test.each([
		'model.gguf',
		'onnx/model_q4.onnx',
		'.gitattributes',
		'weights (copy) [1], v2.bin',
		'模型/声音 é.wav',
		'console.json',
		'null/auxiliary.txt',
		'com10.txt',
		'what?.png',
		`${'a'.repeat(255)}/${'b'.repeat(255)}`,
		Array.from({length: 32}, () => 'd').join('/'),
	])('%j is taken as it is', file => {
		expect(checkFileName(file, 'o/r')).toBe(file);
	});

	test.each([
		['', 'empty'],
		['..', 'out of its folder'],
		['../../.ssh/authorized_keys', 'out of its folder'],
		['a/../../b', 'out of its folder'],
		['a//b', 'out of its folder'],
		['./a', 'out of its folder'],
		['a/', 'out of its folder'],
		['/etc/passwd', 'absolute'],
		['a\\..\\b', 'part of a path'],
		['C:/Windows', 'part of a path'],
		['c:x', 'part of a path'],
		['model.gguf:hidden', 'part of a path'],
		['a\u0000.gguf', 'cannot be seen'],
		['a\nb', 'cannot be seen'],
		['a\u001B[2J', 'cannot be seen'],
		['a\u0085b', 'cannot be seen'],
		['gguf.\u202Eexe', 'cannot be seen'],
		['a\u200Bb', 'cannot be seen'],
		['a\uD800b', 'cannot be seen'],
		['CON', 'device'],
		['aux.json', 'device'],
		['x/nul.tar.gz', 'device'],
		['Lpt1.bin', 'device'],
		['COM¹', 'device'],
		['con .txt', 'device'],
		['CONIN$', 'device'],
		['a.', 'dot or a space'],
		['a /b', 'dot or a space'],
		['x'.repeat(256), 'too long'],
		['é'.repeat(128), 'too long'],
		['x/'.repeat(600), 'too long'],
		['x'.repeat(1_000_000), 'too long'],
		[Array.from({length: 33}, () => 'd').join('/'), 'too deep'],
		[undefined, 'no text'],
		[{name: 'a'}, 'no text'],
	])('%j is refused', (file, why) => {
		try {
			checkFileName(file, 'o/r');
		} catch (error) {
			expect(error).toMatchObject({code: 'model-invalid', data: {model: 'o/r', problem: expect.stringContaining(why)}});
			// What is printed of it is short and harmless.
			expect(String((error as {data: {problem: string}}).data.problem)).toMatch(/^[^\p{Cc}\p{Cf}]{1,300}$/u);
			return;
		}
		throw new Error('it was taken');
	});
});

describe('a repository', () => {
	test.each(['Qwen/Qwen3-0.6B-GGUF', 'gpt2', 'a/b', '01-ai/Yi_1.5', 'x/' + 'n'.repeat(96)])('%s is one', name => {
		expect(checkRepository(name)).toBe(name);
	});

	test.each([
		'',
		'a/b/c',
		'../b',
		'a/..',
		'a/b..c',
		'a--b/c',
		'-a/b',
		'a/b-',
		'a/.b',
		'a/b.',
		'a/b.git',
		'a b/c',
		'a/b?x',
		'a\\b',
		'a/' + 'n'.repeat(97),
	])('%j is none', name => {
		expect(isRepository(name)).toBe(false);
		expect(() => checkRepository(name)).toThrow(expect.objectContaining({code: 'invalid-request'}));
	});
});

describe('a revision', () => {
	test.each(['main', 'v1.0', 'refs/pr/12', 'a'.repeat(40), 'release-2.x', 'v1.0+cu12'])('%s is one', name => {
		expect(checkRevision(name)).toBe(name);
	});

	test.each([
		'',
		'..',
		'../x',
		'a/../b',
		'/main',
		'main/',
		'a//b',
		'.hidden',
		'a b',
		'a\u0000',
		'-x',
		'a.',
		'x'.repeat(201),
	])('%j is none', name => {
		expect(() => checkRevision(name)).toThrow(expect.objectContaining({code: 'invalid-request'}));
	});
});
