import {existsSync, readFileSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import * as fc from 'fast-check';
import {expect, test} from 'vitest';
import {MofaError} from '../../../../src/contract/error.ts';
import {describeGguf} from '../../../../src/models/gguf/describe.ts';
import {readGgufHeader} from '../../../../src/models/gguf/read-header.ts';
import {alteredLlama, tinyLlama, writeGguf} from '../../../helpers/gguf.ts';
import {temporaryFolder} from '../../../helpers/temporary-folder.ts';

const whole = writeGguf(tinyLlama);

function file(content: Buffer | string): string {
	const target = path.join(temporaryFolder(), 'model.gguf');
	writeFileSync(target, content);
	return target;
}

async function problemOf(content: Buffer | string): Promise<string> {
	try {
		await readGgufHeader(file(content));
	} catch (error) {
		if (MofaError.is(error, 'model-invalid')) return error.data.problem;
		throw error;
	}
	return 'none';
}

test('a whole header is read: settings, sizes and parameters', async () => {
	const header = await readGgufHeader(file(whole));
	expect(header.metadata.get('llama.context_length')).toBe(64);
	expect(header.metadata.get('tokenizer.ggml.tokens')).toEqual({type: 8, length: 4});
	expect([header.parameters, header.tensorBytes, header.fileBytes]).toEqual([40, 160, whole.length]);
});

test('what a header says becomes the words of a manifest', async () => {
	const facts = describeGguf(await readGgufHeader(file(whole)), 'tiny');
	expect(facts).toMatchObject({
		family: 'llama',
		tasks: ['completion'],
		contextLength: 64,
		quantization: 'F32',
		license: 'mit',
		template: null,
	});
});

test('a file with a chat template chats', async () => {
	const content = alteredLlama({'tokenizer.chat_template': {type: 'string', value: '{{ messages }}'}});
	expect(describeGguf(await readGgufHeader(file(content)), 'tiny').tasks).toEqual(['chat', 'completion']);
});

test.each([
	[0, ['chat', 'completion']],
	[1, ['embedding']],
	[3, ['embedding']],
	[4, ['reranking']],
])('a file that pools by %i does %j, its chat template notwithstanding', async (value, tasks) => {
	const content = alteredLlama({
		'tokenizer.chat_template': {type: 'string', value: '{{ messages }}'},
		'llama.pooling_type': {type: 'u32', value},
	});
	expect(describeGguf(await readGgufHeader(file(content)), 'tiny')).toMatchObject({tasks, because: null});
});

test.each([
	['empty', Buffer.alloc(0), /empty/],
	['a web page', '<!DOCTYPE html><html><body>404</body></html>', /web page/],
	['JSON', '{"error":"Repository not found"}', /JSON/],
	['a Git LFS pointer', 'version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n', /Git LFS/],
	['a zip archive', Buffer.from('PK\u0003\u0004xxxx'), /zip/],
	['a pickle', Buffer.from([0x80, 0x02, 0x7d]), /pickle/],
	[
		'a safetensors file',
		Buffer.concat([Buffer.from([9, 0, 0, 0, 0, 0, 0, 0]), Buffer.from('{"__metadata__":{}}')]),
		/safetensors/,
	],
	['a big-endian file', Buffer.from('FUGG\0\0\0\u0003'), /big-endian/],
	['random bytes', Buffer.from('nothing that anybody knows'), /no GGUF file/],
	['cut in the header', whole.subarray(0, 120), /middle of its header/],
	['cut by one byte', whole.subarray(0, whole.length - 1), /^1 of its \d+ bytes/],
	['version 1', writeGguf({...tinyLlama, version: 1}), /version 1/],
	['version 9', writeGguf({...tinyLlama, version: 9}), /version is 9/],
	['absurd tensor count', writeGguf({...tinyLlama, claimedTensors: 2 ** 40}), /claims 1099511627776 tensors/],
	['absurd setting count', writeGguf({...tinyLlama, claimedMetadata: 2 ** 40}), /claims 1099511627776 settings/],
	['pooling of no known kind', alteredLlama({'llama.pooling_type': {type: 'u32', value: 5}}), /pooling_type is 5/],
	['no architecture', alteredLlama({'general.architecture': null}), /which architecture/],
	['head_count 0', alteredLlama({'llama.attention.head_count': {type: 'u32', value: 0}}), /head_count is 0/],
	['block_count 0', alteredLlama({'llama.block_count': {type: 'u32', value: 0}}), /block_count is 0/],
	['context_length 0', alteredLlama({'llama.context_length': {type: 'u32', value: 0}}), /context_length is 0/],
	[
		'heads that do not divide',
		alteredLlama({'llama.attention.head_count': {type: 'u32', value: 3}}),
		/shared by 3 heads/,
	],
	['NaN', alteredLlama({'llama.rope.freq_base': {type: 'f32', value: Number.NaN}}), /not a number/],
	[
		'an end token beyond the vocabulary',
		alteredLlama({'tokenizer.ggml.eos_token_id': {type: 'u32', value: 99}}),
		/eos_token_id is 99/,
	],
	[
		'more tokens than embeddings',
		alteredLlama({'tokenizer.ggml.tokens': {type: 'strings', value: ['a']}}),
		/1 tokens and embeddings for 4/,
	],
	['no tensors', alteredLlama({}, []), /only a vocabulary/],
	[
		'a token twice',
		alteredLlama({'tokenizer.ggml.tokens': {type: 'strings', value: ['a', 'b', 'a', 'c']}}),
		/the token "a" twice/,
	],
	[
		'a token twice up to a NUL',
		alteredLlama({'tokenizer.ggml.tokens': {type: 'strings', value: ['a', 'b', 'a\0c', 'd']}}),
		/the token "a" twice/,
	],
	[
		'fewer kinds of tokens than tokens',
		alteredLlama({'tokenizer.ggml.token_type': {type: 'strings', value: ['a']}}),
		/4 tokens and 1 entries in token_type/,
	],
	['a setting without a name', alteredLlama({'': {type: 'u32', value: 1}}), /without a name/],
	[
		'attention without heads',
		alteredLlama({'llama.attention.head_count': null}, [{name: 'blk.0.attn_q.weight', shape: [8, 8]}]),
		/does not say its attention.head_count/,
	],
	[
		'a feed-forward part without a length',
		alteredLlama({}, [{name: 'blk.0.ffn_down.weight', shape: [8, 8]}]),
		/does not say its feed_forward_length/,
	],
	[
		'a later part of a split model',
		writeGguf({
			metadata: {'split.no': {type: 'u32', value: 1}, 'split.count': {type: 'u32', value: 3}},
			tensors: [{name: 'blk.9.ffn_up.weight', shape: [8]}],
		}),
		/part 2 of 3/,
	],
	[
		'overlapping tensors',
		alteredLlama({}, [
			{name: 'a', shape: [8, 4]},
			{name: 'b', shape: [8], offset: 32},
		]),
		/lies over another/,
	],
	['a tensor off its alignment', alteredLlama({}, [{name: 'a', shape: [8], offset: 4}]), /does not begin/],
	['an unknown tensor type', alteredLlama({}, [{name: 'a', shape: [8], type: 77}]), /type this version does not know/],
	[
		'a quantised row that does not fit',
		alteredLlama({}, [{name: 'a', shape: [8], type: 8}]),
		/rows of 8, which Q8_0 cannot hold/,
	],
	['a tensor without elements', alteredLlama({}, [{name: 'a', shape: [0]}]), /is empty/],
])('%s is refused in one sentence', async (_name, content, problem) => {
	expect(await problemOf(content)).toMatch(problem);
});

test('the first part of a split model may hold no weights', async () => {
	expect(await problemOf(alteredLlama({'split.count': {type: 'u32', value: 2}}, []))).toBe('none');
});

const stories = path.resolve(import.meta.dirname, '../../../../../shared/models/stories260K/stories260K-f32.gguf');
if (!existsSync(stories)) console.warn(`not there, so its header is not read: ${stories}`);

test.skipIf(!existsSync(stories))('the header of a real model is read, and survives any damage', async () => {
	const header = await readGgufHeader(stories);
	const facts = describeGguf(header, 'stories260K');
	expect(facts).toMatchObject({family: 'llama', quantization: 'F32', license: 'mit', contextLength: 512});
	expect(header.dataOffset + header.tensorBytes).toBeLessThanOrEqual(header.fileBytes);
	const bytes = readFileSync(stories);
	const target = path.join(temporaryFolder(), 'model.gguf');
	await fc.assert(
		fc.asyncProperty(
			fc.array(fc.tuple(fc.nat(header.dataOffset - 1), fc.nat(255)), {minLength: 1, maxLength: 8}),
			async flips => {
				const damaged = Buffer.from(bytes);
				for (const [at, value] of flips) damaged[at] = value;
				writeFileSync(target, damaged);
				const outcome = await readGgufHeader(target).catch((error: unknown) => error);
				expect(outcome instanceof Error && !MofaError.is(outcome, 'model-invalid')).toBe(false);
			},
		),
		{numRuns: 100},
	);
});

test('any damage to a header is either harmless or refused, and never anything else', async () => {
	const target = path.join(temporaryFolder(), 'model.gguf');
	await fc.assert(
		fc.asyncProperty(
			fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), {minLength: 1, maxLength: 8}),
			async flips => {
				const damaged = Buffer.from(whole);
				for (const [at, value] of flips) damaged[at] = value;
				writeFileSync(target, damaged);
				const outcome = await readGgufHeader(target).catch((error: unknown) => error);
				expect(outcome instanceof Error && !MofaError.is(outcome, 'model-invalid')).toBe(false);
			},
		),
		{numRuns: 1500},
	);
});

test('a header cut anywhere is refused', async () => {
	const target = path.join(temporaryFolder(), 'model.gguf');
	for (let length = 0; length < whole.length; length += 7) {
		writeFileSync(target, whole.subarray(0, length));
		await expect(readGgufHeader(target)).rejects.toMatchObject({code: 'model-invalid'});
	}
});
