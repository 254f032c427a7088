import {spawnSync} from 'node:child_process';
import {lstatSync, mkdirSync, symlinkSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {describe, expect, onTestFinished, test} from 'vitest';
import {guidePresent, newUser, patience} from '../helpers/user.ts';
import {scriptPresent, startInTerminal} from '../helpers/pseudo-terminal.ts';

const fullDevice = '/dev/full';
const fullDevicePresent = process.platform === 'linux' && lstatSync(fullDevice, {throwIfNoEntry: false}) !== undefined;
const mayMount = process.platform === 'linux' && process.getuid?.() === 0 && tryMount();
if (!fullDevicePresent) console.warn(`SKIPPED: tests of a full disk need ${fullDevice}`);
if (!mayMount) console.warn('SKIPPED: one test of a full disk has to mount one, which only root may do');

describe.skipIf(!guidePresent)('on a full disk', patience, () => {
	test.skipIf(!fullDevicePresent)('the answer comes although the log cannot be written', async () => {
		const user = newUser();
		mkdirSync(user.paths.state, {recursive: true});
		symlinkSync(fullDevice, user.paths.log);
		const outcome = await user.run(['run', 'guide', '-o', 'temperature=0', 'Hello']);
		expect(outcome).toMatchObject({code: 0, err: ''});
		expect(outcome.out).not.toBe('');
	});

	test.skipIf(!fullDevicePresent || !scriptPresent)(
		'a chat answers although its history cannot be written',
		async () => {
			const user = newUser();
			mkdirSync(user.paths.state, {recursive: true});
			symlinkSync(fullDevice, user.paths.history);
			await user.daemon();
			const terminal = startInTerminal(user, ['run', 'guide']);
			await terminal.shows('>>>');
			terminal.type('How do I see which models are loaded?\r');
			await terminal.shows('mofa ');
			terminal.type('/bye\r');
			expect(await terminal.ended).toBe(0);
		},
	);

	test.skipIf(!mayMount)('the answer comes when nothing at all can be written', async () => {
		const user = newUser();
		const disk = user.file('disk');
		mkdirSync(disk);
		expect(mount(disk)).toBe(true);
		onTestFinished(() => void spawnSync('umount', ['--lazy', disk]));
		fill(disk);
		const env = {MOFA_HOME: path.join(disk, 'mofa')};
		const outcome = await user.run(['run', 'guide', '-o', 'temperature=0', 'Hello'], {env});
		expect(outcome).toMatchObject({code: 0, err: ''});
		expect(outcome.out).not.toBe('');
		expect((await user.run(['stop', '--all'], {env})).code).toBe(0);
	});
});

function tryMount(): boolean {
	return spawnSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', '-o', 'size=64k', 'none', '/mnt']).status === 0;
}

function mount(folder: string): boolean {
	return spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'none', folder]).status === 0;
}

function fill(folder: string): void {
	try {
		for (let index = 0; ; index++) writeFileSync(path.join(folder, `filler-${index}`), Buffer.alloc(4096));
	} catch {
		// Full, as it should be.
	}
}
