import {expect, test} from 'vitest';
import {familyOfGraph, metaFileOf} from '../../../../src/models/resolve/describe-graph.ts';

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
