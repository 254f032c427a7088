import {spawn} from 'node:child_process';
import path from 'node:path';

export interface Result {
	readonly name: string;
	readonly value: number;
	readonly base?: number;
	readonly ratio?: number;
	readonly unit: string;
	readonly limit?: number;
	readonly direction?: 'above' | 'below';
}

/** One line for the runner of all cases to read. */
export function print(result: Result): void {
	process.stdout.write(`${JSON.stringify(result)}\n`);
}

export const mofaScript: string = path.resolve('bin/mofa.cjs');

/** Milliseconds until a process has ended. Throws when it fails. */
export function wallTime(command: readonly string[], env: NodeJS.ProcessEnv = process.env): Promise<number> {
	return new Promise((resolve, reject) => {
		const start = performance.now();
		const child = spawn(process.execPath, command, {stdio: 'ignore', env});
		child.once('error', reject);
		child.once('close', code =>
			code === 0 ? resolve(performance.now() - start) : reject(new Error(`${command.join(' ')} ended with ${code}`)),
		);
	});
}

/** The two in turn, and the median of the ratios pair by pair: a machine whose speed drifts changes both. */
export async function paired(
	rounds: number,
	measure: () => Promise<number>,
	base: () => Promise<number>,
): Promise<{value: number; base: number; ratio: number}> {
	const pairs: {value: number; base: number}[] = [];
	await base();
	await measure();
	for (let round = 0; round < rounds; round += 1) pairs.push({base: await base(), value: await measure()});
	return {
		value: median(pairs.map(pair => pair.value)),
		base: median(pairs.map(pair => pair.base)),
		ratio: median(pairs.map(pair => pair.value / pair.base)),
	};
}

/** Milliseconds of processor that this process took for it: what other programs take of the machine does not count. */
export async function processorTime(work: () => Promise<unknown>): Promise<number> {
	const start = process.cpuUsage();
	await work();
	const {user, system} = process.cpuUsage(start);
	return (user + system) / 1000;
}

export function median(values: readonly number[]): number {
	const sorted = values.toSorted((a, b) => a - b);
	return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
