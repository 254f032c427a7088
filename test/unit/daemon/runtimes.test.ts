import {cpSync, mkdirSync, writeFileSync} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {beforeEach, expect, test, vi} from 'vitest';
import {findPacks} from '../../../src/daemon/runtimes.ts';
import {pathsFrom, type Paths} from '../../../src/settings/paths.ts';
import {repositoryRoot} from '../../helpers/bundle.ts';
import {testDevice} from '../../helpers/stories.ts';
import {temporaryFolder} from '../../helpers/temporary-folder.ts';

const device = {...testDevice, platform: process.platform as 'linux', arch: process.arch as 'x64'};
const variables = [
	'MOFA_LLAMA_RUNTIME',
	'MOFA_ONNX_RUNTIME',
	'MOFA_ESPEAK_RUNTIME',
	'MOFA_SHERPA_RUNTIME',
	'MOFA_LLAMA_SERVER_RUNTIME',
	'MOFA_PICTURES_RUNTIME',
];

beforeEach(() => {
	for (const name of variables) vi.stubEnv(name, undefined);
	return () => vi.unstubAllEnvs();
});

/** A release without node_modules, and a home. */
function place(): {readonly root: string; readonly paths: Paths} {
	const folder = temporaryFolder();
	const root = path.join(folder, 'mofa');
	cpSync(path.join(repositoryRoot, 'registry/backends'), path.join(root, 'registry/backends'), {recursive: true});
	writeFileSync(path.join(root, 'package.json'), '{}');
	const env = {MOFA_HOME: path.join(folder, 'home')};
	return {root, paths: pathsFrom({env, platform: process.platform, home: folder, temporary: os.tmpdir()})};
}

function install(paths: Paths, pack: string, version: string, entry: string): string {
	const file = path.join(paths.packs, pack, version, entry);
	mkdirSync(path.dirname(file), {recursive: true});
	writeFileSync(file, '');
	return file;
}

test('each installed pack is named to the runners, and no longer as soon as it is removed', async () => {
	const {root, paths} = place();
	const entry = install(paths, 'onnx-cpu', '1.30.0', 'node_modules/onnxruntime-node/dist/index.js');
	const packs = await findPacks(root, paths, device);
	expect(process.env['MOFA_ONNX_RUNTIME']).toBe(entry);
	expect(process.env['MOFA_LLAMA_RUNTIME']).toBeUndefined();
	await packs.remove('onnx-cpu');
	// At once: whoever removed or installed one goes on to use what is there now.
	expect(process.env['MOFA_ONNX_RUNTIME']).toBeUndefined();
});

test('a runner knows where the codecs for pictures will be before they are installed', async () => {
	const {root, paths} = place();
	await findPacks(root, paths, device);
	expect(process.env['MOFA_ONNX_RUNTIME']).toBeUndefined();
	const entry = install(paths, 'onnx-cpu', '1.30.0', 'node_modules/onnxruntime-node/dist/index.js');
	expect(process.env['MOFA_PICTURES_RUNTIME']).toBe(entry);
});

test('a program that was built is named under a name that a shell can write', async () => {
	const {root, paths} = place();
	const entry = install(paths, 'llama-server', '3.22.1', 'bin/llama-server');
	await findPacks(root, paths, device);
	expect(process.env['MOFA_LLAMA_SERVER_RUNTIME']).toBe(entry);
});

test('what a checkout has in its own node_modules needs no pack', async () => {
	const {root, paths} = place();
	const builds = path.join(root, 'node_modules/onnxruntime-node/bin/napi-v6', process.platform, process.arch);
	mkdirSync(builds, {recursive: true});
	writeFileSync(path.join(root, 'node_modules/onnxruntime-node/package.json'), '{}');
	install(paths, 'onnx-cpu', '1.30.0', 'node_modules/onnxruntime-node/dist/index.js');
	await findPacks(root, paths, device);
	expect(process.env['MOFA_ONNX_RUNTIME']).toBeUndefined();
});

test('a package without a build for this machine does not count', async () => {
	const {root, paths} = place();
	mkdirSync(path.join(root, 'node_modules/onnxruntime-node/bin/napi-v6/elsewhere'), {recursive: true});
	writeFileSync(path.join(root, 'node_modules/onnxruntime-node/package.json'), '{}');
	const entry = install(paths, 'onnx-cpu', '1.30.0', 'node_modules/onnxruntime-node/dist/index.js');
	await findPacks(root, paths, device);
	expect(process.env['MOFA_ONNX_RUNTIME']).toBe(entry);
});
