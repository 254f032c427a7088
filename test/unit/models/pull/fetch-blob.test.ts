import path from 'node:path';
import {expect, test, vi} from 'vitest';
import {fetchBlob} from '../../../../src/models/pull/fetch-blob.ts';
import {Partial} from '../../../../src/models/pull/partial.ts';
import {temporaryFolder} from '../../../helpers/temporary-folder.ts';
import {openPull} from './setup.ts';

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
