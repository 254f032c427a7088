/** The instruction sets that change how fast weights can be multiplied, slowest first. */
const interesting = [
	'neon',
	'asimddp',
	'i8mm',
	'sve',
	'sse4_2',
	'avx',
	'avx2',
	'fma',
	'f16c',
	'avx512f',
	'avx512_vnni',
	'avx512_bf16',
	'avx_vnni',
	'amx_tile',
];

/** From the `flags` or `Features` line of `/proc/cpuinfo`; empty where there is none. */
export function cpuFeatures(cpuinfo: string | null): readonly string[] {
	const flags = new Set(/^(?:flags|Features)\s*:\s*(.*)$/m.exec(cpuinfo ?? '')?.[1]?.split(/\s+/));
	if (flags.has('asimd')) flags.add('neon');
	return interesting.filter(feature => flags.has(feature));
}
