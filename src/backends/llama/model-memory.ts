import type {Device} from '../../contract/backend.ts';
import type {InstalledModel} from '../../contract/manifest.ts';
import {weightMemory} from './memory.ts';

/** Where weights and context lie: the accelerator's memory, else the machine's own. */
export function poolOf(device: Device): string {
	if (device.pools['unified'] !== undefined) return 'unified';
	return device.accelerators.find(name => device.pools[name] !== undefined) ?? 'ram';
}

/** Of the weights in memory, by the sizes of their files. */
export function weightBytes({variant}: InstalledModel): number {
	const weights = variant.files.filter(file => file.role.startsWith('weights'));
	const bytes = weights.reduce((sum, file) => sum + file.bytes, 0);
	return weightMemory(bytes, variant.quantization);
}
