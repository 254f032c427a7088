import type {Device} from '../../contract/backend.ts';
import type {InstalledModel} from '../../contract/manifest.ts';
import {givesLargePages} from './large-pages.ts';
import {isRearranged, weightMemory} from './memory.ts';

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

/** Of the machine's memory; beyond it, weights had better be pages that the system can drop and read again. */
const readAtMost = 1 / 4;

/**
 * Whether to map the file of weights instead of reading it. A mapped file lies in small pages: where memory comes in large ones,
 * reading is worth 3 % of every token, and takes no longer than mapping and the first step, which fetches each page.
 */
export function isMapped(device: Device, model: InstalledModel): boolean {
	if (poolOf(device) !== 'ram') return true;
	if (isRearranged(model.variant.quantization)) return false;
	return weightBytes(model) > (device.pools['ram'] ?? 0) * readAtMost || !givesLargePages();
}
