import {chmodSync, renameSync, rmSync, statSync, utimesSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {expect, test} from 'vitest';
import {RememberedFile} from '../../../src/lib/remembered-file.ts';
import {temporaryFolder} from '../../helpers/temporary-folder.ts';

/** Long after everything that a test writes. */
const later = (): number => Date.now() + 3_600_000;

/** All have one time. */
function write(file: string, text: string): void {
	writeFileSync(file, text);
	utimesSync(file, 1_000_000, 1_000_000);
}

function place(now: () => number = later) {
	const file = path.join(temporaryFolder(), 'names.json');
	const texts: Array<string | null> = [];
	const parse = (text: string | null): string => {
		texts.push(text);
		return text ?? 'none';
	};
	return {file, texts, remembered: new RememberedFile(file, parse, now)};
}

test('a file that has not changed is read once, and one that is not there is not looked for in it', async () => {
	const {file, texts, remembered} = place();
	expect([await remembered.read(), await remembered.read()]).toEqual(['none', 'none']);
	writeFileSync(file, 'one');
	expect([await remembered.read(), await remembered.read(), await remembered.read()]).toEqual(['one', 'one', 'one']);
	expect(texts).toEqual([null, 'one']);
});

test('a file that another took the place of is read again, whatever its size and time', async () => {
	const {file, remembered} = place();
	write(file, 'one');
	expect(await remembered.read()).toBe('one');
	write(`${file}.new`, 'two');
	renameSync(`${file}.new`, file);
	expect(await remembered.read()).toBe('two');
	rmSync(file);
	expect(await remembered.read()).toBe('none');
});

test('a file that was written over in place is read again, also where its time was set back', async () => {
	const {file, remembered} = place();
	write(file, 'one');
	expect(await remembered.read()).toBe('one');
	const {ctimeMs} = statSync(file);
	do write(file, 'two');
	while (statSync(file).ctimeMs === ctimeMs);
	expect(await remembered.read()).toBe('two');
});

test('a file that has just been written is read each time: a change in the same moment looks like none', async () => {
	const {file, texts, remembered} = place(Date.now);
	writeFileSync(file, 'one');
	await remembered.read();
	await remembered.read();
	expect(texts).toEqual(['one', 'one']);
});

test.skipIf(process.platform === 'win32' || process.getuid?.() === 0)(
	'a file that cannot be read is tried again',
	async () => {
		const {file, texts, remembered} = place();
		writeFileSync(file, 'one', {mode: 0});
		expect([await remembered.read(), await remembered.read()]).toEqual(['none', 'none']);
		chmodSync(file, 0o600);
		expect(await remembered.read()).toBe('one');
		expect(texts).toEqual([null, null, 'one']);
	},
);

test('what stands where the file should be is no file, and tried again', async () => {
	const folder = temporaryFolder();
	const remembered = new RememberedFile(folder, text => text, later);
	expect([await remembered.read(), await remembered.read()]).toEqual([null, null]);
});
