import {readFileSync, readlinkSync, renameSync, symlinkSync, unlinkSync, writeFileSync} from 'node:fs';

export interface PidLock {
	/** Also safe when someone has taken the lock over: only one's own is removed. */
	release(): void;
}

/**
 * Takes the lock for this process, clearing one whose owner is dead; `heldBy` is the living owner otherwise.
 *
 * The lock is a symbolic link whose target names the owner: made whole or not at all, and without a data block, so it
 * works on a full disk. Windows, where links need a right, has a file instead. Throws what the file system throws.
 */
export function takePidLock(file: string): PidLock | {readonly heldBy: number} {
	const mine = `${process.pid}.${startOf(process.pid) ?? ''}.${crypto.randomUUID().replaceAll('-', '')}`;
	for (;;) {
		if (create(file, mine)) return {release: () => removeIf(file, mine)};
		const found = read(file);
		if (found === undefined) continue;
		const owner = livingOwner(found);
		if (owner !== undefined) return {heldBy: owner};
		clear(file, found);
	}
}

/** The living process that holds the lock. */
export function pidLockOwner(file: string): number | undefined {
	const found = read(file);
	return found === undefined ? undefined : livingOwner(found);
}

function create(file: string, content: string): boolean {
	try {
		if (process.platform === 'win32') writeFileSync(file, content, {flag: 'wx'});
		else symlinkSync(content, file);
		return true;
	} catch (error) {
		if (codeOf(error) === 'EEXIST') return false;
		throw error;
	}
}

function read(file: string): string | undefined {
	try {
		return readlinkSync(file);
	} catch (error) {
		if (isAbsence(error)) return undefined;
	}
	try {
		return readFileSync(file, 'utf8');
	} catch (error) {
		if (isAbsence(error)) return undefined;
		throw error;
	}
}

/**
 * Moves the stale lock aside before removing it: between reading it and removing it someone else may have cleared it
 * and taken the lock, and that one is put back.
 */
function clear(file: string, stale: string): void {
	const aside = `${file}.${process.pid}.${crypto.randomUUID()}`;
	try {
		renameSync(file, aside);
	} catch (error) {
		if (codeOf(error) === 'ENOENT') return;
		throw error;
	}
	const moved = read(aside);
	if (moved !== undefined && moved !== stale) create(file, moved);
	unlinkSync(aside);
}

function removeIf(file: string, content: string): void {
	try {
		if (read(file) === content) unlinkSync(file);
	} catch (error) {
		if (codeOf(error) !== 'ENOENT') throw error;
	}
}

/** The start time tells a process from a later one that was given the same number. */
function livingOwner(content: string): number | undefined {
	const [pidText = '', startTime = ''] = content.split('.');
	const pid = Number(pidText);
	if (!Number.isSafeInteger(pid) || pid <= 0 || !isAlive(pid)) return undefined;
	const started = startOf(pid);
	return started === 'gone' || (startTime !== '' && started !== undefined && started !== startTime) ? undefined : pid;
}

function isAlive(pid: number): boolean {
	try {
		process.kill(pid, 0);
		return true;
	} catch (error) {
		return codeOf(error) === 'EPERM';
	}
}

/** When the process began, in ticks since the machine did; `gone` for one that is dead but not yet reaped. Linux only. */
function startOf(pid: number): string | undefined {
	if (process.platform !== 'linux') return undefined;
	try {
		const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
		const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
		return fields[0] === 'Z' || fields[0] === 'X' ? 'gone' : fields[19];
	} catch {
		return undefined;
	}
}

/** No such file, or no folder where it would be. */
function isAbsence(error: unknown): boolean {
	return codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR';
}

function codeOf(error: unknown): unknown {
	return error instanceof Error && 'code' in error ? error.code : undefined;
}
