export interface Gpu {
	readonly name: string;
	/** `cuda`, `metal`, `amd`, `intel`. */
	readonly kind: string;
	/** Bytes of its own memory; null when it shares the machine's or does not say. */
	readonly memory: number | null;
}

/** Output of `nvidia-smi --query-gpu=name,memory.total --format=csv,noheader,nounits`, MiB. */
export function parseNvidiaSmi(output: string): readonly Gpu[] {
	return output
		.split('\n')
		.map(line => /^(.+),\s*(\d+)\s*$/.exec(line.trim()))
		.filter(match => match !== null)
		.map(match => ({name: match[1] ?? 'NVIDIA GPU', kind: 'cuda', memory: Number(match[2]) * 1024 ** 2}));
}

const vendors: Readonly<Record<string, {readonly kind: string; readonly name: string}>> = {
	'0x1002': {kind: 'amd', name: 'AMD GPU'},
	'0x8086': {kind: 'intel', name: 'Intel GPU'},
};

/** A card under `/sys/class/drm`: its PCI vendor and, where the driver tells, its memory in bytes. */
export function describeCard(vendor: string, vramTotal: string | null): Gpu | undefined {
	const known = vendors[vendor.trim()];
	if (known === undefined) return undefined;
	const memory = Number(vramTotal ?? '');
	return {...known, memory: memory > 0 ? memory : null};
}
