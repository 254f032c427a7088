import {createHash} from 'node:crypto';
import {renameSync} from 'node:fs';
import path from 'node:path';
import {expect, test, vi} from 'vitest';
import type {FileLocation} from '../../../../src/models/hub/hub.ts';
import {fetchBlob} from '../../../../src/models/pull/fetch-blob.ts';
import {Partial} from '../../../../src/models/pull/partial.ts';
import {temporaryFolder} from '../../../helpers/temporary-folder.ts';
import {megabyte, openPull} from './setup.ts';

test('a disk that does not hold what is written to it is not written to for ever', async () => {
	const damage = {do: 'damage', from: 100, to: 101} as const;
	const {hub, variant} = await openPull({fault: ({method}) => (method === 'GET' ? damage : undefined)});
	const signal = new AbortController().signal;
	const {repository, commit} = variant;
	const location = await hub.locate(repository, commit, 'onnx/tokenizer.json', signal);
	const {file, etag, bytes: totalBytes} = location;
	await using partial = await Partial.open(path.join(temporaryFolder(), etag), {repository, file, etag, totalBytes});
	vi.spyOn(partial, 'holds').mockResolvedValue(false);
	const problems: string[] = [];
	const onRetry = (problem: string): void => void problems.push(problem);
	await expect(fetchBlob({hub, location, partial, signal, onRetry})).rejects.toMatchObject({
		code: 'file-error',
		data: {problem: expect.stringContaining('disk')},
	});
	expect(problems).toHaveLength(3);
});

test('what comes faster than it is hashed waits in memory, and is not read back', async () => {
	const {hub} = await openPull();
	const content = Buffer.alloc(4 * megabyte, 1);
	const [parts, pieceBytes] = [30, megabyte / 4];
	const hash = createHash('sha256');
	for (let index = 0; index < parts; index += 1) hash.update(content);
	const [repository, file, etag, bytes] = ['org/model', 'model.gguf', hash.digest('hex'), parts * content.length];
	const location: FileLocation = {
		repository,
		file,
		etag,
		bytes,
		commit: 'c'.repeat(40),
		sha256: etag,
		url: 'http://localhost/model.gguf',
	};
	vi.spyOn(hub, 'stream').mockImplementation(async (_location, from, to, {onData}) => {
		await new Promise(resolve => setImmediate(resolve));
		for (let at = from; at < to; at += pieceBytes) await onData(content.subarray(0, pieceBytes));
	});
	await using partial = await Partial.open(path.join(temporaryFolder(), etag), {
		repository,
		file,
		etag,
		totalBytes: bytes,
	});
	// Who wanted to read it would look for it at its path.
	renameSync(partial.path, `${partial.path}.elsewhere`);
	await fetchBlob({hub, location, partial, signal: new AbortController().signal, onRetry: () => undefined});
	expect(partial.bytes).toBe(bytes);
});
