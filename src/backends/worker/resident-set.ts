import {readFileSync} from 'node:fs';

/** Resident bytes of a process, or undefined where the system has no `/proc` or the process is gone. A read from kernel memory, about 30 µs. */
export function residentSet(pid: number): number | undefined {
	if (process.platform !== 'linux') return undefined;
	try {
		const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1];
		return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
	} catch {
		return undefined;
	}
}

/** How many processes the kernel has ended for lack of memory since it started; undefined where it does not tell. */
export function oomKills(): number | undefined {
	if (process.platform !== 'linux') return undefined;
	try {
		const kills = /^oom_kill (\d+)$/m.exec(readFileSync('/proc/vmstat', 'latin1'))?.[1];
		return kills === undefined ? undefined : Number(kills);
	} catch {
		return undefined;
	}
}
