import {describe, expect, test} from 'vitest';
import {groupFiles, pickles} from '../../../../src/models/resolve/group-files.ts';

const listed = (...files: string[]): Array<{file: string; bytes: number}> => files.map(file => ({file, bytes: 1}));
const groups = (...files: string[]): unknown[] =>
	groupFiles(listed(...files)).map(group => [group.tag, group.files.map(({file}) => file.file)]);

describe('GGUF files', () => {
	test('are one build for each quantisation, the preferred one first', () => {
		expect(groups('README.md', 'm-F16.gguf', 'm-Q8_0.gguf', 'm-Q4_K_M.gguf', 'm-Q2_K.gguf')).toEqual([
			['Q4_K_M', ['m-Q4_K_M.gguf']],
			['Q8_0', ['m-Q8_0.gguf']],
			['F16', ['m-F16.gguf']],
			['Q2_K', ['m-Q2_K.gguf']],
		]);
	});

	test('in parts are one build, and a set with a part missing is none', () => {
		expect(
			groups('Q8_0/m-Q8_0-00002-of-00002.gguf', 'Q8_0/m-Q8_0-00001-of-00002.gguf', 'm-F16-00001-of-00003.gguf'),
		).toEqual([['Q8_0', ['Q8_0/m-Q8_0-00001-of-00002.gguf', 'Q8_0/m-Q8_0-00002-of-00002.gguf']]]);
	});

	test('that belong to another model are left out', () => {
		expect(groups('m-Q8_0.gguf', 'mmproj-m-F16.gguf', 'm.imatrix.gguf', 'my-lora-F16.gguf')).toEqual([
			['Q8_0', ['m-Q8_0.gguf']],
		]);
	});

	test('of the same quantisation are told apart by their names', () => {
		expect(groups('a-Q8_0.gguf', 'b-Q8_0.gguf').map(group => (group as string[])[0])).toEqual(['a-Q8_0', 'b-Q8_0']);
	});

	test('without a quantisation in the name go by their own name', () => {
		expect(groups('tiny.gguf')).toEqual([['tiny', ['tiny.gguf']]]);
	});
});

describe('ONNX graphs', () => {
	test('are grouped by type, eight bits first, each with configuration and tokenizer', () => {
		expect(
			groups('config.json', 'tokenizer.json', 'onnx/model.onnx', 'onnx/model_quantized.onnx', 'onnx/model_fp16.onnx'),
		).toEqual([
			['quantized', ['onnx/model_quantized.onnx', 'config.json', 'tokenizer.json']],
			['fp16', ['onnx/model_fp16.onnx', 'config.json', 'tokenizer.json']],
			['fp32', ['onnx/model.onnx', 'config.json', 'tokenizer.json']],
		]);
	});

	test('of an encoder and a decoder belong together, and a merged decoder replaces its parts', () => {
		const [first] = groups(
			'config.json',
			'onnx/encoder_model.onnx',
			'onnx/decoder_model.onnx',
			'onnx/decoder_with_past_model.onnx',
			'onnx/decoder_model_merged.onnx',
		);
		expect(first).toEqual(['fp32', ['onnx/encoder_model.onnx', 'onnx/decoder_model_merged.onnx', 'config.json']]);
	});

	test('bring the files their weights lie in, and voices', () => {
		const [first] = groups('config.json', 'onnx/model.onnx', 'onnx/model.onnx_data', 'voices/af_heart.bin');
		expect(first).toEqual(['fp32', ['onnx/model.onnx', 'onnx/model.onnx_data', 'config.json', 'voices/af_heart.bin']]);
	});
});

test('safetensors are one build of all shards beside the configuration', () => {
	expect(
		groups(
			'config.json',
			'model-00001-of-00002.safetensors',
			'model-00002-of-00002.safetensors',
			'original/consolidated.safetensors',
		),
	).toEqual([['safetensors', ['model-00001-of-00002.safetensors', 'model-00002-of-00002.safetensors', 'config.json']]]);
});

test('pickles are recognised, and raw voices are none', () => {
	expect(
		pickles(listed('pytorch_model.bin', 'a.pt', 'voices/af.bin', 'ggml-base.bin', 'x.ckpt')).map(({file}) => file),
	).toEqual(['pytorch_model.bin', 'a.pt', 'x.ckpt']);
});
