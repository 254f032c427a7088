import {execFileSync} from 'node:child_process';
import {appendFileSync, mkdirSync, rmSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {expect, test} from 'vitest';
import {checkFile} from '../../../src/models/pull/check-file.ts';
import {starterModels} from '../../../src/models/starters.ts';
import {repositoryRoot} from '../../helpers/bundle.ts';
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

test('the packed copy of a release has the hash that the build wrote down, by which it is right or damaged', async () => {
	const root = temporaryFolder();
	const folder = path.join(root, 'registry/starter');
	mkdirSync(path.join(folder, 'one'), {recursive: true});
	const files = [{role: 'weights', url: 'package:some/voice.wasm', bytes: 9000, sha256: 'ab'}];
	const manifest = {...base, variants: [{tag: '1', format: 'wasm', files}]};
	writeFileSync(path.join(folder, 'one/manifest.json'), JSON.stringify(manifest));
	const packed = path.join(root, 'dist/packages/some/voice.wasm.br');
	pack(Buffer.alloc(9000, 'voice'), packed, root);

	const found = async () => (await starterModels(folder))[0]?.files[0];
	const state = async (): Promise<string> => {
		const [signal, progress] = [new AbortController().signal, () => undefined];
		const hash = (await found())?.hash ?? null;
		return (await checkFile({path: packed, hash, checksums: null, signal, progress})).state;
	};
	expect(await found()).toMatchObject({path: packed, hash: expect.stringMatching(/^[0-9a-f]{64}$/) as string});
	expect(await state()).toBe('good');
	appendFileSync(packed, '.');
	expect(await state()).toBe('damaged');
	rmSync(`${packed}.sha256`);
	expect(await state()).toBe('unknown');
});

/** As the build does it. */
function pack(content: Buffer, target: string, folder: string): void {
	const source = path.join(folder, 'source');
	writeFileSync(source, content);
	const work = `import {packFile} from './bin/pack-file.js'; packFile(${JSON.stringify(source)}, ${JSON.stringify(target)});`;
	execFileSync(process.execPath, ['--input-type=module', '-e', work], {cwd: repositoryRoot});
}
