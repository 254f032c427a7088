import * as fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {groupFiles, pickles, whyRefused} from '../../../../src/models/resolve/group-files.ts';

const listed = (...files: string[]): Array<{file: string; bytes: number}> => files.map(file => ({file, bytes: 1}));
const groups = (...files: string[]): unknown[] =>
	groupFiles(listed(...files)).map(group => [group.tag, group.files.map(({file}) => file.file)]);

const roles = (...files: string[]): unknown[] =>
	groupFiles(listed(...files)).map(group => [
		group.tag,
		Object.fromEntries(group.files.map(({role, file}) => [role, file.file])),
	]);
const first = (group: unknown): unknown => (group as readonly unknown[])[0];

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

	test('that are no model are left out', () => {
		expect(groups('m-Q8_0.gguf', 'm.imatrix.gguf', 'my-lora-F16.gguf', 'ggml-vocab-bert.gguf')).toEqual([
			['Q8_0', ['m-Q8_0.gguf']],
		]);
	});

	test('get the projector that lets the model see, in half precision where there is one', () => {
		expect(roles('m-Q8_0.gguf', 'mmproj-F32.gguf', 'mmproj-F16.gguf', 'mmproj-BF16.gguf')).toEqual([
			['Q8_0', {weights: 'm-Q8_0.gguf', projector: 'mmproj-F16.gguf'}],
		]);
	});

	test('get the projector of their own folder', () => {
		expect(roles('a/m-Q8_0.gguf', 'a/mmproj-F32.gguf', 'mmproj-F16.gguf')).toEqual([
			['Q8_0', {weights: 'a/m-Q8_0.gguf', projector: 'a/mmproj-F32.gguf'}],
		]);
	});

	test('come in the order of preference, whatever the order of their names', () => {
		const wanted = ['Q4_K_M', 'IQ4_XS', 'Q4_K_S', 'Q4_0', 'Q5_K_M', 'Q6_K', 'Q8_0', 'Q3_K_M', 'BF16', 'Q2_K'];
		expect(groups(...wanted.toSorted().map(name => `m-${name}.gguf`)).map(first)).toEqual(wanted);
	});

	test('of the same quantisation and name are told apart by their folders', () => {
		expect(groups('a/m-Q8_0.gguf', 'b/m-Q8_0.gguf').map(first)).toEqual(['a/m-Q8_0', 'b/m-Q8_0']);
	});

	test('of the same quantisation are told apart by their names', () => {
		expect(groups('a-Q8_0.gguf', 'b-Q8_0.gguf').map(first)).toEqual(['a-Q8_0', 'b-Q8_0']);
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
			['q8', ['onnx/model_quantized.onnx', 'config.json', 'tokenizer.json']],
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

	test('of a model in parts have roles without their type', () => {
		expect(roles('onnx/encoder_model_q4.onnx', 'onnx/decoder_model_merged_q4.onnx', 'tokenizer.json')).toEqual([
			[
				'q4',
				{
					'weights-encoder_model': 'onnx/encoder_model_q4.onnx',
					'weights-decoder_model_merged': 'onnx/decoder_model_merged_q4.onnx',
					tokenizer: 'tokenizer.json',
				},
			],
		]);
	});

	test('in a type that not every part has are no build', () => {
		const names = groups(
			'onnx/encoder_model.onnx',
			'onnx/encoder_model_q4.onnx',
			'onnx/decoder_model_merged.onnx',
			'onnx/decoder_model_merged_q4.onnx',
			'onnx/decoder_model_merged_fp16.onnx',
		).map(first);
		expect(names).toEqual(['q4', 'fp32']);
	});

	test('of a model that sees are a build for each type of its decoder, the other parts in the nearest', () => {
		expect(
			roles(
				'onnx/vision_encoder_fp16.onnx',
				'onnx/vision_encoder_quantized.onnx',
				'onnx/audio_encoder_fp16.onnx',
				'onnx/embed_tokens_fp16.onnx',
				'onnx/embed_tokens_fp16.onnx_data',
				'onnx/decoder_model_merged_q4.onnx',
				'onnx/decoder_model_merged_q4.onnx_data',
				'onnx/decoder_model_merged_fp16.onnx',
			),
		).toEqual([
			[
				'q4',
				{
					'weights-decoder_model_merged': 'onnx/decoder_model_merged_q4.onnx',
					'weights-decoder_model_merged-data': 'onnx/decoder_model_merged_q4.onnx_data',
					'weights-vision_encoder': 'onnx/vision_encoder_quantized.onnx',
					'weights-embed_tokens': 'onnx/embed_tokens_fp16.onnx',
					'weights-embed_tokens-data': 'onnx/embed_tokens_fp16.onnx_data',
				},
			],
			[
				'fp16',
				{
					'weights-decoder_model_merged': 'onnx/decoder_model_merged_fp16.onnx',
					'weights-vision_encoder': 'onnx/vision_encoder_fp16.onnx',
					'weights-embed_tokens': 'onnx/embed_tokens_fp16.onnx',
					'weights-embed_tokens-data': 'onnx/embed_tokens_fp16.onnx_data',
				},
			],
		]);
	});

	test('of a model that sees may call the decoder a model', () => {
		expect(
			roles(
				'onnx/vision_encoder_q4.onnx',
				'onnx/prepare_inputs_embeds_q4.onnx',
				'onnx/model_q4.onnx',
				'onnx/model_q4.onnx_data',
			),
		).toEqual([
			[
				'q4',
				{
					'weights-model': 'onnx/model_q4.onnx',
					'weights-model-data': 'onnx/model_q4.onnx_data',
					'weights-vision_encoder': 'onnx/vision_encoder_q4.onnx',
					'weights-prepare_inputs_embeds': 'onnx/prepare_inputs_embeds_q4.onnx',
				},
			],
		]);
	});

	test('that are whole models each are builds of their own', () => {
		expect(groups('silero_vad.onnx', 'silero_vad_half.onnx').map(first)).toEqual(['silero_vad', 'silero_vad_half']);
	});

	test('made for one kind of processor come after those for all', () => {
		expect(
			groups('onnx/model.onnx', 'onnx/model_O4.onnx', 'onnx/model_qint8_avx512.onnx', 'onnx/model_int8.onnx').map(
				first,
			),
		).toEqual(['int8', 'fp32', 'o4', 'qint8_avx512']);
	});

	test('of sherpa-onnx come with their tokens', () => {
		expect(
			roles('encoder.int8.onnx', 'decoder.int8.onnx', 'joiner.int8.onnx', 'tokens.txt', 'test_wavs/0.wav'),
		).toEqual([
			[
				'int8',
				{
					'weights-encoder': 'encoder.int8.onnx',
					'weights-decoder': 'decoder.int8.onnx',
					'weights-joiner': 'joiner.int8.onnx',
					'tokens.txt': 'tokens.txt',
				},
			],
		]);
	});

	test('of a transducer that comes in several exports are those of the one that looks back farthest', () => {
		const parts = (ending: string): string[] => ['encoder', 'decoder', 'joiner'].map(part => `${part}${ending}`);
		const near = '-epoch-99-avg-1-chunk-16-left-64';
		const far = '-epoch-99-avg-1-chunk-16-left-128';
		const files = [near, far].flatMap(made => parts(`${made}.onnx`).concat(parts(`${made}.int8.onnx`)));
		expect(groups(...files, 'with-state-epoch-99-avg-1.onnx', 'tokens.txt', 'bpe.model')).toEqual([
			['int8', [`encoder${far}.int8.onnx`, `decoder${far}.onnx`, `joiner${far}.int8.onnx`, 'tokens.txt', 'bpe.model']],
			['fp32', [...parts(`${far}.onnx`), 'tokens.txt', 'bpe.model']],
		]);
	});

	test('of a transducer take a part in another type where it comes in no other', () => {
		expect(groups('encoder.int8.onnx', 'decoder.onnx', 'joiner.int8.onnx', 'tokens.txt')).toEqual([
			['int8', ['encoder.int8.onnx', 'decoder.onnx', 'joiner.int8.onnx', 'tokens.txt']],
		]);
		expect(groups('encoder.fp16.onnx', 'encoder.onnx', 'decoder.onnx', 'joiner.fp16.onnx')).toEqual([
			['fp16', ['encoder.fp16.onnx', 'decoder.onnx', 'joiner.fp16.onnx']],
			['fp32', ['encoder.onnx', 'decoder.onnx', 'joiner.fp16.onnx']],
		]);
	});

	test('of an encoder and a decoder that have no joiner are no transducer', () => {
		expect(groups('encoder-epoch-9.onnx', 'joiner-epoch-8.onnx', 'decoder-epoch-9.onnx')).toEqual([
			['fp32', ['encoder-epoch-9.onnx', 'joiner-epoch-8.onnx', 'decoder-epoch-9.onnx']],
		]);
	});

	test('of Piper are one build for each voice', () => {
		const voice = 'en/en_US/amy/low/en_US-amy-low.onnx';
		expect(roles(voice, `${voice}.json`, 'de/x.onnx', 'de/x.onnx.json', 'voices.json')).toEqual([
			['en_US-amy-low', {weights: voice, config: `${voice}.json`}],
			['x', {weights: 'de/x.onnx', config: 'de/x.onnx.json'}],
		]);
	});

	test('of a diffusion pipeline lie in a folder each, with what they keep outside', () => {
		expect(
			roles(
				'model_index.json',
				'scheduler/scheduler_config.json',
				'text_encoder/model.onnx',
				'tokenizer/vocab.json',
				'unet/model.onnx',
				'unet/weights.pb',
				'vae_decoder/model.onnx',
				'vae_decoder/model.onnx_data',
				'safety_checker/model.onnx',
			),
		).toEqual([
			[
				'fp32',
				{
					'weights-text_encoder': 'text_encoder/model.onnx',
					'weights-unet': 'unet/model.onnx',
					'weights-unet-data': 'unet/weights.pb',
					'weights-vae_decoder': 'vae_decoder/model.onnx',
					'weights-vae_decoder-data': 'vae_decoder/model.onnx_data',
					'model_index.json': 'model_index.json',
					'scheduler/scheduler_config.json': 'scheduler/scheduler_config.json',
					'tokenizer/vocab.json': 'tokenizer/vocab.json',
				},
			],
		]);
	});
});

describe('pipelines of diffusers', () => {
	test('have builds by the type of what draws, with what there is of the other parts', () => {
		expect(
			roles(
				'model_index.json',
				'unet/model_fp16.onnx',
				'unet/model.onnx',
				'text_encoder/model.onnx',
				'vae_decoder/model_fp16.onnx',
				'vae_decoder/model.onnx',
			),
		).toEqual([
			[
				'fp16',
				{
					'weights-unet': 'unet/model_fp16.onnx',
					'weights-text_encoder': 'text_encoder/model.onnx',
					'weights-vae_decoder': 'vae_decoder/model_fp16.onnx',
					'model_index.json': 'model_index.json',
				},
			],
			[
				'fp32',
				{
					'weights-unet': 'unet/model.onnx',
					'weights-text_encoder': 'text_encoder/model.onnx',
					'weights-vae_decoder': 'vae_decoder/model.onnx',
					'model_index.json': 'model_index.json',
				},
			],
		]);
	});

	test('take no graph that only somebody else needs', () => {
		const build = (...files: readonly string[]): readonly string[] =>
			groupFiles(listed(...files)).map(({tag, files: found}) => `${tag}: ${found.map(({role}) => role).join(' ')}`);
		expect(
			build(
				'unet/model.onnx',
				'concat/model.onnx',
				'scheduler/model.onnx',
				'controlnet/model.onnx',
				'text_encoder/model.onnx',
				'vae_decoder/model.onnx',
			),
		).toEqual(['fp32: weights-unet weights-vae_decoder weights-text_encoder']);
		expect(
			build(
				'onnx/unet_model_q4f16.onnx',
				'onnx/text_encoder_2_model_q4f16.onnx',
				'onnx/vae_decoder_model_q4f16.onnx',
				'onnx/safety_checker_model_q4f16.onnx',
			),
		).toEqual(['q4f16: weights-unet_model weights-vae_decoder_model weights-text_encoder_2_model']);
	});

	test('bring the configuration and the vocabularies of every part', () => {
		const beside = [
			'model_index.json',
			'scheduler/scheduler_config.json',
			'transformer/config.json',
			'vae_decoder/config.json',
			'vae_encoder/config.json',
			...['', '_2', '_3'].flatMap(number => [
				`text_encoder${number}/config.json`,
				`tokenizer${number}/tokenizer.json`,
				`tokenizer${number}/tokenizer_config.json`,
				`tokenizer${number}/special_tokens_map.json`,
			]),
			'tokenizer/vocab.json',
			'tokenizer/merges.txt',
		];
		const graphs = [
			'transformer',
			'text_encoder',
			'text_encoder_2',
			'text_encoder_3',
			'vae_decoder',
			'vae_encoder',
		].map(part => `${part}/model.onnx`);
		const [build] = groupFiles(listed(...graphs, 'transformer/model.onnx_data', ...beside));
		const found = new Set(build?.files.map(({role}) => role));
		for (const role of beside) expect(found).toContain(role);
		expect(found).toContain('weights-transformer-data');
	});
});

describe('safetensors', () => {
	test('are one build of all shards beside the configuration', () => {
		expect(
			groups(
				'config.json',
				'model.safetensors.index.json',
				'model-00001-of-00002.safetensors',
				'model-00002-of-00002.safetensors',
				'original/consolidated.safetensors',
			),
		).toEqual([
			['safetensors', ['model-00001-of-00002.safetensors', 'model-00002-of-00002.safetensors', 'config.json']],
		]);
	});

	test('with a shard missing are no build', () => {
		expect(groups('config.json', 'model-00001-of-00002.safetensors')).toEqual([]);
	});

	test('of a pipeline come in half precision first, and in whole where the author has both', () => {
		expect(
			roles(
				'model_index.json',
				'unet/diffusion_pytorch_model.safetensors',
				'unet/diffusion_pytorch_model.fp16.safetensors',
				'vae/diffusion_pytorch_model.safetensors',
				'sd_turbo.safetensors',
			),
		).toEqual([
			[
				'fp16',
				{
					'weights-unet': 'unet/diffusion_pytorch_model.fp16.safetensors',
					'weights-vae': 'vae/diffusion_pytorch_model.safetensors',
					'model_index.json': 'model_index.json',
				},
			],
			[
				'safetensors',
				{
					'weights-unet': 'unet/diffusion_pytorch_model.safetensors',
					'weights-vae': 'vae/diffusion_pytorch_model.safetensors',
					'model_index.json': 'model_index.json',
				},
			],
		]);
	});

	test('that change another model are none', () => {
		expect(groups('adapter_config.json', 'adapter_model.safetensors')).toEqual([]);
	});
});

test('formats come in the order in which they run', () => {
	expect(groups('model.safetensors', 'onnx/model.onnx', 'm-Q8_0.gguf').map(first)).toEqual([
		'Q8_0',
		'fp32',
		'safetensors',
	]);
});

test('builds that differ in nothing but their format are told apart by it', () => {
	const builds = groupFiles(listed('model_index.json', 'a/unet.fp16.safetensors', 'a/unet.fp16.gguf'));
	expect(builds.map(({tag}) => tag)).toEqual(['a/unet.fp16.gguf', 'a/unet.fp16.safetensors']);
});

test('a part that lies in two places is taken once', () => {
	const [build, ...others] = groupFiles(listed('decoder.onnx', 'onnx/decoder.onnx', 'encoder.onnx'));
	expect(build?.files.map(({role, file}) => [role, file.file])).toEqual([
		['weights-decoder', 'onnx/decoder.onnx'],
		['weights-encoder', 'encoder.onnx'],
	]);
	expect(others).toEqual([]);
});

test('no two builds have the same tag, and no two files of a build the same role', () => {
	const name = fc.stringMatching(
		/^(onnx\/|unet\/|a\/)?(model|m|encoder_model|decoder|unet|mmproj)([-_.](q8|q4|fp16|quantized|Q8_0|00001-of-00002))?\.(gguf|onnx|onnx_data|onnx\.json|safetensors|fp16\.safetensors)$/,
	);
	const names = fc.uniqueArray(fc.oneof(name, fc.constantFrom('config.json', 'model_index.json')), {maxLength: 20});
	fc.assert(
		fc.property(names, files => {
			const builds = groupFiles(listed(...files));
			expect(new Set(builds.map(({tag}) => tag.toLowerCase())).size).toBe(builds.length);
			for (const build of builds) expect(new Set(build.files.map(({role}) => role)).size).toBe(build.files.length);
		}),
		{numRuns: 1000},
	);
});

test('fifty thousand files are grouped without comparing each with each', () => {
	const many = Array.from({length: 50_000}, (_, index) => ({file: `f${index % 100}/m${index}.onnx`, bytes: 1}));
	const few = many.slice(0, 5000);
	groupFiles(few);
	const time = (files: typeof many): number => {
		const start = performance.now();
		groupFiles(files);
		return performance.now() - start;
	};
	// Ten times the files take some ten times as long, not a hundred.
	const base = Math.max(1, Math.min(time(few), time(few), time(few)));
	expect(Math.min(time(many), time(many)) / base).toBeLessThan(60);
});

describe('what is refused', () => {
	test('pickles are recognised, and raw voices are none', () => {
		expect(
			pickles(listed('pytorch_model.bin', 'a.pt', 'voices/af.bin', 'ggml-base.bin', 'x.ckpt')).map(({file}) => file),
		).toEqual(['pytorch_model.bin', 'a.pt', 'x.ckpt']);
	});

	test.each([
		[['pytorch_model.bin', 'config.json'], 'PyTorch pickle'],
		[['ggml-base.bin'], 'whisper.cpp'],
		[['model.bin', 'vocabulary.json', 'config.json'], 'CTranslate2'],
		[['adapter_model.safetensors', 'adapter_config.json'], 'LoRA'],
		[['m-00001-of-00002.gguf'], 'missing'],
		[['README.md'], 'no weights'],
	])('%j is refused with its own reason and a way out', (files, words) => {
		const {problem, hint} = whyRefused(listed(...files), 'name');
		expect(problem).toContain(words);
		expect(hint).not.toBe('');
	});
});
