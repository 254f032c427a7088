import {createHash} from 'node:crypto';
import {writeFileSync} from 'node:fs';
import path from 'node:path';
import {crc32} from 'node:zlib';
import {describe, expect, test} from 'vitest';
import {createHasher} from '../../../../src/models/pull/hasher.ts';
import {seeded} from '../../../fixtures/hub/repository.ts';
import {temporaryFolder} from '../../../helpers/temporary-folder.ts';

const content = seeded(5, 300_000);
const digest = createHash('sha256').update(content).digest('hex');

describe.each([
	['in a thread', 0],
	['here', Infinity],
])('%s', (_place, threadFrom) => {
	test('pieces that are given before the last one is done are hashed in their order', async () => {
		await using hasher = createHasher(digest, content.length, '/nowhere', threadFrom);
		const memory = shared(content);
		const given = [
			hasher.update(memory, 0, 100_000),
			hasher.update(memory, 100_000, 100_001),
			hasher.update(memory, 100_001, content.length),
		];
		expect(hasher).toMatchObject({position: 0, asked: content.length});
		await Promise.all(given);
		expect(hasher).toMatchObject({position: content.length, asked: content.length});
		expect(await hasher.digest()).toBe(digest);
	});

	test('what lies on the disk is hashed only when it is what was written', async () => {
		const file = path.join(temporaryFolder(), 'file');
		writeFileSync(file, content);
		await using hasher = createHasher(digest, content.length, file, threadFrom);
		await hasher.update(shared(content), 0, 1000);
		const rest = crc32(content.subarray(1000));
		expect(await hasher.updateFromDisk(content.length - 1000, rest ^ 1)).toBe(false);
		expect(hasher).toMatchObject({position: 1000, asked: 1000});
		expect(await hasher.updateFromDisk(content.length - 1000, rest)).toBe(true);
		expect(await hasher.digest()).toBe(digest);
	});

	test('a file that is not there is an error, and the next question has its own answer', async () => {
		await using hasher = createHasher(digest, content.length, path.join(temporaryFolder(), 'none'), threadFrom);
		const asked = hasher.updateFromDisk(content.length, null);
		await expect(asked).rejects.toMatchObject({code: 'ENOENT'});
		await hasher.update(shared(content), 0, content.length);
		expect(await hasher.digest()).toBe(digest);
	});
});

function shared(bytes: Buffer): Buffer {
	const memory = Buffer.from(new SharedArrayBuffer(bytes.length));
	bytes.copy(memory);
	return memory;
}
