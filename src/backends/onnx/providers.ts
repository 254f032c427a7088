import type {Device} from '../../contract/backend.ts';

/** Execution providers worth a try for each kind of accelerator, best first; names as ONNX Runtime spells them. */
const providersOf: Readonly<Record<string, readonly string[]>> = {
	cuda: ['cuda', 'dml', 'webgpu'],
	metal: ['coreml', 'webgpu'],
	vulkan: ['webgpu'],
	amd: ['dml', 'webgpu'],
	intel: ['dml', 'webgpu'],
};

/** Providers to try on this machine before the processor; the package was built with some of them only. Pure. */
export function chooseProviders({accelerators}: Pick<Device, 'accelerators'>): readonly string[] {
	const kinds = accelerators.map(name => name.split(':')[0] ?? '');
	return [...new Set(kinds.flatMap(kind => providersOf[kind] ?? []))];
}
