import {mkdirSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {expect, test} from 'vitest';
import {starterModels} from '../../../src/models/starters.ts';
import {temporaryFolder} from '../../helpers/temporary-folder.ts';

function starters(manifest: Readonly<Record<string, unknown>>, ...files: readonly string[]): string {
	const root = temporaryFolder();
	mkdirSync(path.join(root, 'one/onnx'), {recursive: true});
	writeFileSync(path.join(root, 'one/manifest.json'), JSON.stringify(manifest));
	for (const file of files) writeFileSync(path.join(root, 'one', file), file);
	return root;
}

const base = {schema: 1, name: 'one', family: 'whisper', tasks: ['transcription'], license: 'MIT'};

test('a model of several files has each of them by its role, in folders too', async () => {
	const files = [
		{role: 'weights-encoder_model', url: './onnx/encoder_model.onnx', bytes: 3, sha256: 'ab'},
		{role: 'config', url: './config.json', bytes: 4},
	];
	const root = starters(
		{...base, variants: [{tag: 'fp16', format: 'onnx', files}]},
		'onnx/encoder_model.onnx',
		'config.json',
	);
	const [model] = await starterModels(root);
	expect(model).toMatchObject({bytes: 7, source: 'starter'});
	expect(model?.installed.paths).toEqual({
		'weights-encoder_model': path.join(root, 'one/onnx/encoder_model.onnx'),
		config: path.join(root, 'one/config.json'),
	});
	expect(model?.files.map(({role, hash}) => [role, hash])).toEqual([
		['weights-encoder_model', 'ab'],
		['config', null],
	]);
});

test('what the program computes by itself has no files', async () => {
	const root = starters({...base, variants: [{tag: '1', format: 'built-in', files: []}]});
	expect(await starterModels(root)).toMatchObject([{bytes: 0, files: [], installed: {id: 'one', paths: {}}}]);
});

test('a model whose files are not made yet, or not there, is none', async () => {
	expect(await starterModels(starters({...base, variants: [{tag: 'fp16', format: 'onnx', files: []}]}))).toEqual([]);
	const files = [{role: 'weights', url: './model.onnx', bytes: 3}];
	expect(await starterModels(starters({...base, variants: [{tag: 'fp16', format: 'onnx', files}]}))).toEqual([]);
});
