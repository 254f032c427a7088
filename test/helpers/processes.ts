import {readdirSync, readFileSync} from 'node:fs';

/** A process that nobody has buried yet is not alive. */
export function isAlive(pid: number): boolean {
	try {
		process.kill(pid, 0);
	} catch {
		return false;
	}
	return statOf(pid)?.state !== 'Z';
}

/** Linux only; elsewhere none are found. */
export function childrenOf(parent: number): readonly number[] {
	if (process.platform !== 'linux') return [];
	return readdirSync('/proc')
		.map(Number)
		.filter(pid => Number.isInteger(pid) && statOf(pid)?.parent === parent);
}

function statOf(pid: number): {readonly state: string; readonly parent: number} | undefined {
	if (process.platform !== 'linux') return undefined;
	try {
		const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
		const [state = '', parent = ''] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
		return {state, parent: Number(parent)};
	} catch {
		return undefined;
	}
}
