import {expect, test} from 'vitest';
import {
	familyOfFacts,
	familyOfFolder,
	familyOfGraph,
	metaFileOf,
} from '../../../../src/models/resolve/describe-graph.ts';

const files = (...names: string[]): Array<{file: string; bytes: number}> => names.map(file => ({file, bytes: 1}));

const beside = files(
	'spelling_cnn_meta.json',
	'spelling_cnn_letters_digits_meta.json',
	'tinyvad_cnn_speech_meta.json',
	'_meta.json',
	'other/spelling_cnn_mel_meta.json',
	'spelling_cnn_mel.json',
	'spelling_meta.json',
);

test.each([
	['spelling_cnn_mel.onnx', 'spelling_cnn_meta.json'],
	['spelling_cnn_mel.shrunk.onnx', 'spelling_cnn_meta.json'],
	['spelling_cnn.onnx', 'spelling_cnn_meta.json'],
	['spelling_cnn_letters_digits_mel.onnx', 'spelling_cnn_letters_digits_meta.json'],
	['spelling_cnnx.onnx', 'spelling_meta.json'],
	['other/spelling_cnn_mel.onnx', 'other/spelling_cnn_mel_meta.json'],
	['model.onnx', undefined],
	['other/model.onnx', undefined],
])('%s has %s named after it', (graph, expected) => {
	expect(metaFileOf(graph, beside)?.file).toBe(expected);
});

test.each([
	['spelling_cnn_mel.onnx', '/a/words', 'spelling_cnn_meta.json', 'spelling-cnn'],
	['silero_vad.onnx', '/a/b', undefined, 'silero-vad'],
	['onnx/silero_vad_16k_op15.onnx', 'org/voices', undefined, 'silero-vad'],
	['Silero-VAD.onnx', 'x', undefined, 'silero-vad'],
	['onnx/model.onnx', 'org/silero-vad', undefined, 'silero-vad'],
	['onnx/model.onnx', 'silero-vad/other', undefined, null],
	['silero_stt.onnx', 'x', undefined, null],
	['model.onnx', 'x', undefined, null],
])('%s of %s beside %s is of the family %s', (graph, model, meta, family) => {
	expect(familyOfGraph(graph, model, meta === undefined ? undefined : {file: meta, bytes: 1})).toBe(family);
});

const transducer = [
	'encoder-epoch-99-avg-1.int8.onnx',
	'decoder-epoch-99-avg-1.onnx',
	'joiner-epoch-99-avg-1.int8.onnx',
];
const pair = ['encoder.int8.onnx', 'decoder.int8.onnx'];

test.each([
	['csukuangfj/sherpa-onnx-streaming-zipformer-en-2023-06-26', transducer, 'streaming-transducer'],
	['csukuangfj/sherpa-onnx-streaming-conformer-zh-2023-05-23', transducer, 'streaming-transducer'],
	['csukuangfj/sherpa-onnx-lstm-en-2023-02-17', transducer, 'streaming-transducer'],
	['csukuangfj/sherpa-onnx-nemo-streaming-fast-conformer-transducer-en-80ms', transducer, 'streaming-transducer'],
	['csukuangfj/sherpa-onnx-zipformer-en-2023-06-26', transducer, null],
	['streaming/sherpa-onnx-zipformer-en-2023-06-26', transducer, null],
	['csukuangfj/sherpa-onnx-streaming-paraformer-bilingual-zh-en', pair, 'streaming-paraformer'],
	['csukuangfj/sherpa-onnx-paraformer-zh-2024-03-09', ['model.onnx'], 'paraformer'],
	['csukuangfj/sherpa-onnx-streaming-zipformer-ctc-multi-zh-hans-2023-12-13', ['ctc-1.onnx'], 'streaming-ctc'],
	['csukuangfj/sherpa-onnx-nemo-streaming-fast-conformer-ctc-en-80ms', ['model.onnx'], 'streaming-ctc'],
	['csukuangfj/sherpa-onnx-zipformer-ctc-zh-int8-2025-07-03', ['model.int8.onnx'], null],
])('%s is of the family that its name and its graphs say', (name, graphs, family) => {
	expect(familyOfFolder(name, files(...graphs, 'tokens.txt'))).toBe(family);
	expect(familyOfFolder(name, files(...graphs))).toBeNull();
});

const parts = ['weights-encoder', 'weights-decoder', 'weights-joiner', 'tokens.txt'];

test.each([
	[{model_type: 'zipformer2', decode_chunk_len: '32', T: '45'}, parts, 'streaming-transducer'],
	[{model_type: 'zipformer2', comment: 'non-streaming zipformer2'}, parts, null],
	[{model_type: 'lstm', decode_chunk_len: '4', T: '9'}, parts, 'streaming-transducer'],
	[{window_size: '121', chunk_shift: '112', subsampling_factor: '8'}, parts, 'streaming-transducer'],
	[{model_type: 'EncDecRNNTBPEModel', subsampling_factor: '8'}, parts, null],
	[{model_type: 'zipformer2', decode_chunk_len: '32', T: '45'}, ['weights', 'tokens.txt'], 'streaming-ctc'],
	[{window_size: '121', chunk_shift: '112'}, ['weights', 'tokens.txt'], 'streaming-ctc'],
	[{model_type: 'paraformer'}, ['weights', 'tokens.txt'], 'paraformer'],
	[{model_type: 'paraformer'}, ['weights-decoder', 'weights-encoder'], 'streaming-paraformer'],
	[{model_type: 'sense_voice_ctc'}, ['weights', 'tokens.txt'], 'sensevoice'],
	[{}, ['weights', 'tokens.txt'], null],
])('a graph that says %o, of %o, is of the family %s', (facts, roles, family) => {
	expect(familyOfFacts(new Map(Object.entries(facts as Record<string, string>)), roles)).toBe(family);
});
