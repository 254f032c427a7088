import {expect, test} from 'vitest';
import {isRepository} from '../../../src/client/is-repository.ts';

test.each([
	['org/repo', true],
	['org/repo:Q4_K_M', true],
	['org/repo@v1.0', true],
	['org/repo@refs/pr/1:Q4_K_M', true],
	['hf.co/org/repo', true],
	['https://huggingface.co/org/repo/tree/main', true],
	['qwen3', false],
	['qwen3:8b', false],
	['./org/repo', false],
	['/org/repo', false],
	['a/b/c', false],
	['org/file.gguf', false],
	['org/re po', false],
	['../../etc', false],
])('%s is worth asking the Hub for: %s', (name, is) => {
	expect(isRepository(name)).toBe(is);
});
