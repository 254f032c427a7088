import {open, type FileHandle} from 'node:fs/promises';
import path from 'node:path';
import {expect, onTestFinished, test, vi, type MockInstance} from 'vitest';
import {Partial} from '../../../../src/models/pull/partial.ts';
import {temporaryFolder} from '../../../helpers/temporary-folder.ts';

const etag = 'a'.repeat(64);
const content = Buffer.alloc(2 ** 22, 1);
/** More than is left for the end. */
const parts = 9;

test('what was written is made safe while more arrives', async () => {
	const {partial, datasync} = await openPartial();
	await appendAll(partial);
	expect(datasync).toHaveBeenCalledTimes(1);
	await partial.sync();
	expect(datasync).toHaveBeenCalledTimes(2);
});

test('a disk that could not keep something is not believed when it has forgotten that', async () => {
	const {partial, datasync} = await openPartial();
	datasync.mockRejectedValueOnce(new Error('EIO: i/o error'));
	await appendAll(partial).catch(() => undefined);
	await expect(partial.sync()).rejects.toThrow('EIO');
});

test('a disk that could not keep something gets no more', async () => {
	const {partial, datasync} = await openPartial();
	datasync.mockRejectedValueOnce(new Error('EIO: i/o error'));
	await expect(
		(async () => {
			await appendAll(partial);
			await appendAll(partial);
		})(),
	).rejects.toThrow('EIO');
});

async function openPartial(): Promise<{
	readonly partial: Partial;
	readonly datasync: MockInstance<() => Promise<void>>;
}> {
	const blob = path.join(temporaryFolder(), etag);
	const totalBytes = 2 * parts * content.length;
	const partial = await Partial.open(blob, {repository: 'org/model', file: 'model.gguf', etag, totalBytes});
	const handle = await open(partial.path);
	const datasync = vi.spyOn(Object.getPrototypeOf(handle) as FileHandle, 'datasync');
	await handle.close();
	onTestFinished(async () => {
		await partial.close();
		datasync.mockRestore();
	});
	return {partial, datasync};
}

/** Those parts that are next. */
async function appendAll(partial: Partial): Promise<void> {
	for (const part of partial.parts.filter(({written}) => written === 0).slice(0, parts))
		await partial.append(part, content);
}
