import {expect, test} from 'vitest';
import {usableCores} from '../../../src/device/cores.ts';
import {cpuFeatures} from '../../../src/device/cpu-features.ts';
import {detectHardware} from '../../../src/device/detect.ts';
import {describeCard, parseNvidiaSmi} from '../../../src/device/gpus.ts';
import {readMemory} from '../../../src/device/memory.ts';

test('a control group quota of one and a half cores leaves one usable core', () => {
	expect(usableCores({machine: 8, affinity: 8, quota: '150000 100000\n'})).toEqual({
		cores: 1,
		limitedBy: 'control group',
	});
});

test('an affinity mask limits the cores, and an unlimited quota does not', () => {
	expect(usableCores({machine: 8, affinity: 2, quota: 'max 100000'})).toEqual({cores: 2, limitedBy: 'affinity'});
	expect(usableCores({machine: 8, affinity: 8, quota: '-1 100000'})).toEqual({cores: 8, limitedBy: null});
});

test('a quota below one core still leaves one', () => {
	expect(usableCores({machine: 4, affinity: 4, quota: '20000 100000'}).cores).toBe(1);
});

test('a control group limit below what the machine has free decides what is available', () => {
	const sources = {
		total: 16e9,
		free: 1e9,
		meminfo: 'MemTotal: 1 kB\nMemAvailable:   8000000 kB\n',
		groupUse: '3000000000',
		groupStat: 'anon 1\ninactive_file 1000000000\n',
	};
	expect(readMemory({...sources, groupLimit: '4000000000'})).toEqual({total: 16e9, available: 2e9, limit: 4e9});
	expect(readMemory({...sources, groupLimit: 'max'})).toEqual({total: 16e9, available: 8_192_000_000, limit: null});
	expect(readMemory({...sources, groupLimit: '9223372036854771712'}).limit).toBeNull();
});

test('NVIDIA cards are read from the tool of their driver, and nonsense is no card', () => {
	expect(parseNvidiaSmi('NVIDIA GeForce RTX 4090, 24564\nNVIDIA-SMI has failed\n')).toEqual([
		{name: 'NVIDIA GeForce RTX 4090', kind: 'cuda', memory: 24564 * 1024 ** 2},
	]);
});

test('a card of an unknown vendor is left out', () => {
	expect(describeCard('0x1234\n', null)).toBeUndefined();
	expect(describeCard('0x1002\n', '8589934592\n')).toEqual({name: 'AMD GPU', kind: 'amd', memory: 8589934592});
});

test('CPU features come in one order whatever the file has', () => {
	expect(cpuFeatures('flags\t\t: fma avx2 sse4_2 lm\n')).toEqual(['sse4_2', 'avx2', 'fma']);
	expect(cpuFeatures('Features\t: fp asimd asimddp\n')).toEqual(['neon', 'asimddp']);
	expect(cpuFeatures(null)).toEqual([]);
});

test('this machine has a core and a memory pool', async () => {
	const {device, memory} = await detectHardware();
	expect(device.cores).toBeGreaterThan(0);
	expect(Object.values(device.pools)[0]).toBeGreaterThanOrEqual(memory.available);
});
