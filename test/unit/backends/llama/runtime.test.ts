import {describe, expect, test, afterEach, vi} from 'vitest';
import {llama} from '../../../../src/backends/llama/llama.ts';
import {gpuOf, runtimeEntry} from '../../../../src/backends/llama/runtime.ts';
import {MofaError} from '../../../../src/contract/error.ts';
import {testDevice} from '../../../helpers/stories.ts';

describe('the runtime of the llama backend', () => {
	afterEach(() => vi.unstubAllEnvs());

	test('is the one of the checkout where no other is named', () => {
		expect(runtimeEntry({})).toMatch(/node-llama-cpp.dist.index\.js$/);
	});

	test('is the named one, and no other where that is gone', async () => {
		vi.stubEnv('MOFA_LLAMA_RUNTIME', '/nowhere/index.js');
		expect(runtimeEntry()).toBeUndefined();
		expect(await llama.probe(testDevice)).toMatchObject({ok: false, reason: 'not-installed'});
		const open = llama.open({signal: new AbortController().signal, device: testDevice, threads: 1});
		await expect(open).rejects.toSatisfy(error => MofaError.is(error, 'backend-unavailable'));
	});

	test('is tried in a process of its own, and says what its answer depends on', async () => {
		const first = llama.probe(testDevice);
		expect(await first).toMatchObject({ok: true, accelerator: 'cpu'});
		expect(await llama.probedFrom?.(testDevice)).toContain(process.version);
	});

	test('that breaks is reported with its words, and breaks nothing here', async () => {
		vi.stubEnv('MOFA_LLAMA_RUNTIME', import.meta.filename);
		expect(await llama.probe(testDevice)).toMatchObject({ok: false, reason: 'crashed'});
	});

	test('looks for an accelerator only where the machine has one', () => {
		expect(gpuOf(testDevice)).toBe(false);
		expect(gpuOf({...testDevice, accelerators: ['cuda:0']})).toBe('cuda');
		expect(gpuOf({...testDevice, accelerators: ['vulkan:0']})).toBe('vulkan');
		expect(gpuOf({...testDevice, platform: 'darwin', accelerators: ['metal']})).toBe('metal');
	});
});
