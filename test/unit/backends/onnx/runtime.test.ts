import {mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {afterEach, describe, expect, test, vi} from 'vitest';
import {onnx} from '../../../../src/backends/onnx/onnx.ts';
import {importTransformers, runtimeEntry} from '../../../../src/backends/onnx/runtime.ts';
import {MofaError} from '../../../../src/contract/error.ts';
import {testDevice} from '../../../helpers/stories.ts';
import {temporaryFolder} from '../../../helpers/temporary-folder.ts';

describe('the runtime of the onnx backend', () => {
	afterEach(() => vi.unstubAllEnvs());

	test('is the one of the checkout where no other is named', () => {
		expect(runtimeEntry({})).toMatch(/onnxruntime-node.dist.index\.js$/);
	});

	test('is the named one, and no other where that is gone', async () => {
		vi.stubEnv('MOFA_ONNX_RUNTIME', '/nowhere/index.js');
		expect(runtimeEntry()).toBeUndefined();
		expect(await onnx.probe(testDevice)).toMatchObject({ok: false, reason: 'not-installed'});
		expect(await onnx.probedFrom?.(testDevice)).toBeNull();
		const open = onnx.open({signal: new AbortController().signal, device: testDevice, threads: 1});
		await expect(open).rejects.toSatisfy(error => MofaError.is(error, 'backend-unavailable'));
	});

	test('is tried in a process of its own, and says what its answer depends on', async () => {
		const {version} = JSON.parse(readFileSync(path.resolve(runtimeEntry({}) ?? '', '../../package.json'), 'utf8'));
		expect(await onnx.probe(testDevice)).toEqual({ok: true, version, accelerator: 'cpu'});
		expect(await onnx.probedFrom?.(testDevice)).toContain(process.version);
	});

	test('that ends its process is reported with its words, and ends nothing here', async () => {
		const folder = temporaryFolder();
		const broken = path.join(folder, 'index.js');
		writeFileSync(broken, "process.stderr.write('no such instruction'); process.abort();");
		vi.stubEnv('MOFA_ONNX_RUNTIME', broken);
		expect(await onnx.probe(testDevice)).toMatchObject({ok: false, reason: 'crashed'});
	});

	test('that throws while it loads leaves the backend unavailable', async () => {
		const broken = path.join(temporaryFolder(), 'index.cjs');
		writeFileSync(broken, "throw new Error('wrong ELF class');");
		vi.stubEnv('MOFA_ONNX_RUNTIME', broken);
		expect(await onnx.probe(testDevice)).toMatchObject({ok: false, hint: expect.stringContaining('wrong ELF class')});
		const open = onnx.open({signal: new AbortController().signal, device: testDevice, threads: 1});
		await expect(open).rejects.toSatisfy(error => MofaError.is(error, 'backend-unavailable'));
	});

	test('computes on the processor where the accelerator of the machine does not start, and says why', async () => {
		// A machine without a card but with a driver that says otherwise.
		const device = {...testDevice, accelerators: ['cuda']};
		expect(await onnx.probe(device)).toMatchObject({ok: true, accelerator: expect.any(String)});
		await using session = await onnx.open({signal: new AbortController().signal, device, threads: 1});
		if (session.accelerator !== 'cpu') return;
		expect(session.warnings).toEqual([
			{setting: 'accelerator', message: expect.stringMatching(/^cuda could not be used/)},
			...session.warnings.slice(1),
		]);
	});

	test('is one copy for the library too, or the library is refused', async () => {
		expect(await importTransformers(placePackages([]))).toHaveProperty('env');
		const second = placePackages(['@huggingface/transformers/node_modules/onnxruntime-node']);
		await expect(importTransformers(second)).rejects.toSatisfy(error => MofaError.is(error, 'backend-unavailable'));
	});
});

/** A runtime and a library of nothing, with more copies of the runtime at these places; gives the runtime's entry. */
function placePackages(copies: readonly string[]): string {
	const modules = path.join(temporaryFolder(), 'node_modules');
	for (const name of ['onnxruntime-node', ...copies]) {
		mkdirSync(path.join(modules, name, 'dist'), {recursive: true});
		writeFileSync(path.join(modules, name, 'package.json'), '{"main": "dist/index.js"}');
		writeFileSync(path.join(modules, name, 'dist/index.js'), '');
	}
	const library = path.join(modules, '@huggingface/transformers/dist/transformers.node.mjs');
	mkdirSync(path.dirname(library), {recursive: true});
	writeFileSync(library, 'export const env = {};');
	return path.join(modules, 'onnxruntime-node/dist/index.js');
}
