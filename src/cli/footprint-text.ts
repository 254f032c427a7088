import type {Footprint} from '../contract/engine.ts';
import {formatByteSize} from '../lib/byte-size.ts';

export function totalBytes(footprint: Footprint): number {
	return Object.values(footprint).reduce((sum, bytes) => sum + bytes, 0);
}

/** `300 MB of ram, 4.0 GB of cuda:0`; `-` when nothing is known. */
export function footprintText(footprint: Footprint): string {
	const pools = Object.entries(footprint).map(([pool, bytes]) => `${formatByteSize(bytes)} of ${pool}`);
	return pools.length === 0 ? '-' : pools.join(', ');
}

/** Where the bytes are: `cpu`, `cuda:0`, or `52% cuda:0, 48% cpu` for a model that is split. */
export function placement(accelerator: string, footprint: Footprint): string {
	const total = totalBytes(footprint);
	const shares = Object.entries(footprint)
		.map(([pool, bytes]) => ({
			device: pool === 'ram' ? 'cpu' : pool,
			percent: total > 0 ? Math.round((bytes / total) * 100) : 0,
		}))
		.filter(({percent}) => percent >= 5)
		.toSorted((a, b) => b.percent - a.percent);
	return shares.length < 2 ? accelerator : shares.map(({device, percent}) => `${percent}% ${device}`).join(', ');
}
