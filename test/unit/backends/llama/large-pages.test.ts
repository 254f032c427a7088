import {execFileSync} from 'node:child_process';
import {readFileSync} from 'node:fs';
import path from 'node:path';
import {pathToFileURL} from 'node:url';
import {expect, test} from 'vitest';
import {largePagesEnvironment} from '../../../../src/backends/llama/large-pages.ts';
import {isMapped} from '../../../../src/backends/llama/model-memory.ts';
import type {Device} from '../../../../src/contract/backend.ts';
import type {InstalledModel} from '../../../../src/contract/manifest.ts';
import {bundle, repositoryRoot} from '../../../helpers/bundle.ts';

test('a runner on Linux asks for large pages, beside what the user has set', () => {
	expect(largePagesEnvironment({}, 'linux')).toEqual({GLIBC_TUNABLES: 'glibc.malloc.hugetlb=1'});
	expect(largePagesEnvironment({GLIBC_TUNABLES: 'glibc.malloc.arena_max=2'}, 'linux')).toEqual({
		GLIBC_TUNABLES: 'glibc.malloc.arena_max=2:glibc.malloc.hugetlb=1',
	});
});

test('what the user has set about large pages stays', () => {
	expect(largePagesEnvironment({GLIBC_TUNABLES: 'glibc.malloc.hugetlb=0'}, 'linux')).toEqual({});
});

test('no other system is asked for them', () => {
	expect(largePagesEnvironment({}, 'darwin')).toEqual({});
	expect(largePagesEnvironment({}, 'win32')).toEqual({});
});

test.runIf(givenOnRequest())('they come to a process that asks, and to no other', async () => {
	const file = await bundle(path.join(repositoryRoot, 'src/backends/llama/large-pages.ts'));
	const script = `import(${JSON.stringify(pathToFileURL(file).href)}).then(m => console.log(m.givesLargePages()))`;
	const ask = (environment: Readonly<Record<string, string>>): string =>
		execFileSync(process.execPath, ['-e', script], {env: {PATH: '', ...environment}, encoding: 'utf8'}).trim();
	expect(ask(largePagesEnvironment({}, 'linux'))).toBe('true');
	expect(ask({})).toBe('false');
});

/** As most kernels are set; glibc knows how to ask since 2.35. */
function givenOnRequest(): boolean {
	try {
		const setting = readFileSync('/sys/kernel/mm/transparent_hugepage/enabled', 'utf8');
		const {glibcVersionRuntime = '0'} = (process.report.getReport() as {header: {glibcVersionRuntime?: string}}).header;
		const [major = 0, minor = 0] = glibcVersionRuntime.split('.').map(Number);
		return setting.includes('[madvise]') && (major > 2 || minor >= 35);
	} catch {
		return false;
	}
}

const device: Device = {platform: 'linux', arch: 'x64', pools: {ram: 8e9}, cores: 2, accelerators: []};
const gpu: Device = {...device, pools: {ram: 8e9, 'cuda:0': 8e9}, accelerators: ['cuda:0']};

function modelOf(quantization: string, bytes: number): InstalledModel {
	const files = [{path: 'model.gguf', role: 'weights' as const, bytes, url: 'file:///model.gguf'}];
	const variant = {tag: 'only', format: 'gguf', quantization, files};
	return {
		id: 'model',
		manifest: {schema: 1, name: 'model', family: 'llama', tasks: ['chat'], license: 'unknown', variants: [variant]},
		variant,
		paths: {},
	};
}

test('weights that are copied anyway are read, those for an accelerator or too large for comfort are mapped', () => {
	expect(isMapped(device, modelOf('Q4_0', 1e9))).toBe(false);
	expect(isMapped(gpu, modelOf('Q4_0', 1e9))).toBe(true);
	expect(isMapped(device, modelOf('Q8_0', 3e9))).toBe(true);
});
