import {mkdirSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {expect, test} from 'vitest';
import type {InstalledModel} from '../../../src/contract/manifest.ts';
import {Descriptions} from '../../../src/models/cache/descriptions.ts';
import {pathModel} from '../../../src/models/path-model.ts';
import {temporaryFolder} from '../../helpers/temporary-folder.ts';

/** A folder with these files; what an object says is written as JSON. */
function folderOf(files: Readonly<Record<string, unknown>>): string {
	const folder = temporaryFolder();
	for (const [name, content] of Object.entries(files)) {
		mkdirSync(path.dirname(path.join(folder, name)), {recursive: true});
		writeFileSync(path.join(folder, name), typeof content === 'string' ? content : JSON.stringify(content));
	}
	return folder;
}

const at = async (file: string): Promise<InstalledModel> => (await pathModel(file, new Descriptions())).installed;

test('one graph in several types is one model, of which the best build is taken', async () => {
	const folder = folderOf({'word_net.onnx': '1', 'word_net.shrunk.onnx': '2', 'word_meta.json': {classes: ['a']}});
	const {manifest, variant, paths} = await at(folder);
	expect(variant).toMatchObject({tag: 'int8', format: 'onnx', options: {meta: {classes: ['a']}}});
	expect(path.basename(paths['weights'] ?? '')).toBe('word_net.shrunk.onnx');
	expect(manifest).toMatchObject({family: 'word', tasks: []});
});

test('graphs of the layout of transformers.js in several types are one model too', async () => {
	const folder = folderOf({
		'config.json': {model_type: 'whisper'},
		'onnx/encoder_model.onnx': '1',
		'onnx/encoder_model_quantized.onnx': '2',
		'onnx/decoder_model_merged.onnx': '3',
		'onnx/decoder_model_merged_quantized.onnx': '4',
	});
	const {manifest, variant} = await at(folder);
	expect(manifest).toMatchObject({family: 'whisper', tasks: ['transcription']});
	expect(variant.tag).toBe('q8');
});

test('different graphs are different models, and somebody has to choose', async () => {
	const folder = folderOf({'one.onnx': '1', 'two.onnx': '2'});
	await expect(at(folder)).rejects.toMatchObject({
		code: 'model-unsupported',
		data: {problem: 'it is a folder of 2 models'},
	});
});

test('a configuration says more than the name of a graph', async () => {
	const folder = folderOf({'silero_vad.onnx': '1', 'config.json': {model_type: 'parakeet'}});
	expect((await at(folder)).manifest.family).toBe('parakeet');
});

test.each([
	['no JSON', '{'],
	['of megabytes', `"${'x'.repeat(2 ** 19)}"`],
])('a file beside a graph that is %s tells nothing but a name', async (_name, content) => {
	const folder = folderOf({'spelling_cnn_mel.onnx': '1', 'spelling_cnn_meta.json': content});
	const {manifest, variant} = await at(path.join(folder, 'spelling_cnn_mel.onnx'));
	expect(manifest).toMatchObject({family: 'spelling-cnn', tasks: ['transcription']});
	expect(variant.options).toEqual({});
});
