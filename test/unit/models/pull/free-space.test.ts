import {statfs} from 'node:fs/promises';
import path from 'node:path';
import {expect, test} from 'vitest';
import {freeBytes, requireSpace} from '../../../../src/models/pull/free-space.ts';
import {temporaryFolder} from '../../../helpers/temporary-folder.ts';

test('a folder that is not there yet has the room of the one it will be in', async () => {
	const folder = temporaryFolder();
	const {blocks, bsize} = await statfs(folder);
	const free = await freeBytes(path.join(folder, 'not', 'there', 'yet'));
	expect(free).toBeGreaterThan(0);
	expect(free).toBeLessThanOrEqual(blocks * bsize);
});

test('what has no room is refused with both numbers', async () => {
	const folder = temporaryFolder();
	await expect(requireSpace(folder, 2 ** 60)).rejects.toMatchObject({
		code: 'disk-full',
		data: {path: folder, needs: 2 ** 60, free: expect.any(Number)},
	});
	await requireSpace(folder, 0);
	await requireSpace(folder, 1);
});
