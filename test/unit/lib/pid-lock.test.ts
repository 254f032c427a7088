import {spawn} from 'node:child_process';
import {mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {expect, onTestFinished, test} from 'vitest';
import {pidLockOwner, takePidLock, type PidLock} from '../../../src/lib/pid-lock.ts';

function place(): {folder: string; file: string} {
	const folder = mkdtempSync(path.join(os.tmpdir(), 'mofa-lock-'));
	onTestFinished(() => rmSync(folder, {recursive: true, force: true}));
	return {folder, file: path.join(folder, 'lock')};
}

const isLock = (taken: PidLock | {heldBy: number}): taken is PidLock => 'release' in taken;

test('the second taker learns who has it, and gets it after the release', () => {
	const {file, folder} = place();
	const first = takePidLock(file);
	if (!isLock(first)) throw new Error('not taken');
	expect(takePidLock(file)).toEqual({heldBy: process.pid});
	expect(pidLockOwner(file)).toBe(process.pid);
	first.release();
	expect(pidLockOwner(file)).toBeUndefined();
	expect(isLock(takePidLock(file))).toBe(true);
	expect(readdirSync(folder)).toEqual(['lock']);
});

test('the lock of a dead process, of an earlier one with its number, and nonsense are cleared', async () => {
	const child = spawn(process.execPath, ['-e', '']);
	await new Promise(resolve => child.once('close', resolve));
	const stale = [
		`${child.pid}.1.x`,
		'nonsense',
		'0.1.x',
		'-1',
		...(process.platform === 'linux' ? [`${process.pid}.1.x`] : []),
	];
	for (const content of stale) {
		const {file, folder} = place();
		symlinkSync(content, file);
		expect(pidLockOwner(file)).toBeUndefined();
		expect(isLock(takePidLock(file))).toBe(true);
		expect(readdirSync(folder)).toEqual(['lock']);
	}
});

test('a file in place of the link is read the same way', () => {
	const {file} = place();
	writeFileSync(file, `${process.pid}..x`);
	expect(takePidLock(file)).toEqual({heldBy: process.pid});
});

test('a lock that someone has taken over is not released by its former owner', () => {
	const {file} = place();
	const first = takePidLock(file);
	if (!isLock(first)) throw new Error('not taken');
	rmSync(file);
	const second = takePidLock(file);
	first.release();
	expect(isLock(second)).toBe(true);
	expect(pidLockOwner(file)).toBe(process.pid);
});
