import {execFile} from 'node:child_process';
import {readdir, readFile} from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import {promisify} from 'node:util';
import type {Device} from '../contract/backend.ts';
import {usableCores, type UsableCores} from './cores.ts';
import {cpuFeatures} from './cpu-features.ts';
import {describeCard, parseNvidiaSmi, type Gpu} from './gpus.ts';
import {readMemory, type MemoryReading} from './memory.ts';

/** The machine as seen from this process, before any backend was asked. */
export interface Hardware {
	readonly device: Device;
	readonly cpuModel: string;
	readonly machineCores: number;
	readonly usable: UsableCores;
	readonly features: readonly string[];
	readonly memory: MemoryReading;
	readonly gpus: readonly Gpu[];
}

/** Reads the machine; never throws, what cannot be read is left out. About 10 ms without a GPU tool. */
export async function detectHardware(): Promise<Hardware> {
	const [usable, memory, cpuinfo, gpus] = await Promise.all([
		detectCores(),
		detectMemory(),
		readText('/proc/cpuinfo'),
		detectGpus(),
	]);
	const cpus = os.cpus();
	return {
		device: {
			platform: platform(),
			arch: process.arch === 'arm64' ? 'arm64' : 'x64',
			pools: pools(memory, gpus),
			cores: usable.cores,
			accelerators: gpus.map(gpu => gpu.kind),
		},
		cpuModel: cpus[0]?.model.trim() ?? 'unknown',
		machineCores: cpus.length,
		usable,
		features: cpuFeatures(cpuinfo),
		memory,
		gpus,
	};
}

export async function detectMemory(): Promise<MemoryReading> {
	const group = await controlGroup();
	const [meminfo, groupLimit, groupUse, groupStat] = await Promise.all([
		readText('/proc/meminfo'),
		firstText([path.join(group, 'memory.max'), '/sys/fs/cgroup/memory/memory.limit_in_bytes']),
		firstText([path.join(group, 'memory.current'), '/sys/fs/cgroup/memory/memory.usage_in_bytes']),
		firstText([path.join(group, 'memory.stat'), '/sys/fs/cgroup/memory/memory.stat']),
	]);
	return readMemory({total: os.totalmem(), free: os.freemem(), meminfo, groupLimit, groupUse, groupStat});
}

async function detectCores(): Promise<UsableCores> {
	const v2 = await firstText([path.join(await controlGroup(), 'cpu.max'), '/sys/fs/cgroup/cpu.max']);
	const [quota, period] = await Promise.all([
		readText('/sys/fs/cgroup/cpu/cpu.cfs_quota_us'),
		readText('/sys/fs/cgroup/cpu/cpu.cfs_period_us'),
	]);
	return usableCores({
		machine: os.cpus().length,
		affinity: os.availableParallelism(),
		quota: v2 ?? (quota === null || period === null ? null : `${quota.trim()} ${period.trim()}`),
	});
}

/** Folder of this process's own control group (v2); the root where there is none. */
async function controlGroup(): Promise<string> {
	const own = /^0::(\/.*)$/m.exec((await readText('/proc/self/cgroup')) ?? '')?.[1] ?? '/';
	return path.join('/sys/fs/cgroup', own);
}

async function detectGpus(): Promise<readonly Gpu[]> {
	if (process.platform === 'darwin' && process.arch === 'arm64')
		return [{name: os.cpus()[0]?.model ?? 'Apple GPU', kind: 'metal', memory: null}];
	const [nvidia, cards] = await Promise.all([nvidiaGpus(), drmCards()]);
	return [...nvidia, ...cards];
}

async function nvidiaGpus(): Promise<readonly Gpu[]> {
	try {
		const query = ['--query-gpu=name,memory.total', '--format=csv,noheader,nounits'];
		const {stdout} = await promisify(execFile)('nvidia-smi', query, {timeout: 3000, windowsHide: true});
		return parseNvidiaSmi(stdout);
	} catch {
		return [];
	}
}

async function drmCards(): Promise<readonly Gpu[]> {
	const root = '/sys/class/drm';
	const names = await readdir(root).catch(() => []);
	const cards = await Promise.all(
		names
			.filter(name => /^card\d+$/.test(name))
			.map(async name => {
				const folder = path.join(root, name, 'device');
				const [vendor, memory] = await Promise.all([
					readText(path.join(folder, 'vendor')),
					readText(path.join(folder, 'mem_info_vram_total')),
				]);
				return describeCard(vendor ?? '', memory);
			}),
	);
	return cards.filter(card => card !== undefined);
}

/** One unified pool where GPU and CPU share memory; else RAM, and each CUDA card by its number. */
function pools(memory: MemoryReading, gpus: readonly Gpu[]): Readonly<Record<string, number>> {
	const total = memory.limit ?? memory.total;
	if (gpus.some(gpu => gpu.kind === 'metal')) return {unified: total};
	const cuda = gpus
		.filter(gpu => gpu.kind === 'cuda' && gpu.memory !== null)
		.map((gpu, index) => [`cuda:${index}`, gpu.memory ?? 0] as const);
	return Object.fromEntries([['ram', total] as const, ...cuda]);
}

function platform(): Device['platform'] {
	return process.platform === 'darwin' || process.platform === 'win32' ? process.platform : 'linux';
}

async function firstText(files: readonly string[]): Promise<string | null> {
	for (const file of files) {
		const text = await readText(file);
		if (text !== null) return text;
	}
	return null;
}

const readText = (file: string): Promise<string | null> => readFile(file, 'utf8').catch(() => null);
