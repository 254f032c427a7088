import {expect, test} from 'vitest';
import {describeConfig} from '../../../../src/models/resolve/describe-config.ts';
import {groupFiles} from '../../../../src/models/resolve/group-files.ts';

const builds = (...files: string[]): unknown[] =>
	groupFiles(files.map(file => ({file, bytes: 1}))).map(group => [
		group.tag,
		Object.fromEntries(group.files.map(({role, file}) => [role, file.file])),
	]);

test('what makes the features of a NeMo model is no model, and goes with each of its builds', () => {
	const beside = {'nemo128.onnx': 'nemo128.onnx', 'vocab.txt': 'vocab.txt', config: 'config.json'};
	expect(
		builds(
			'README.md',
			'config.json',
			'decoder_joint-model.int8.onnx',
			'decoder_joint-model.onnx',
			'encoder-model.int8.onnx',
			'encoder-model.onnx',
			'encoder-model.onnx.data',
			'nemo128.onnx',
			'vocab.txt',
		),
	).toEqual([
		[
			'int8',
			{
				...beside,
				'weights-encoder-model': 'encoder-model.int8.onnx',
				'weights-decoder_joint-model': 'decoder_joint-model.int8.onnx',
			},
		],
		[
			'fp32',
			{
				...beside,
				'weights-encoder-model': 'encoder-model.onnx',
				'weights-encoder-model-data': 'encoder-model.onnx.data',
				'weights-decoder_joint-model': 'decoder_joint-model.onnx',
			},
		],
	]);
	expect(builds('config.json', 'model.int8.onnx', 'nemo80.onnx', 'vocab.txt')).toEqual([
		[
			'int8',
			{weights: 'model.int8.onnx', 'nemo80.onnx': 'nemo80.onnx', 'vocab.txt': 'vocab.txt', config: 'config.json'},
		],
	]);
});

test.each(['nemo-conformer-tdt', 'nemo-conformer-rnnt', 'nemo-conformer-ctc'])('%s transcribes', family => {
	expect(describeConfig({pipelineTag: null, config: {model_type: family}, modelIndex: null})).toMatchObject({
		family,
		tasks: ['transcription'],
		unknown: [],
	});
});
