import {linkSync, mkdirSync, symlinkSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {describe, expect, test} from 'vitest';
import {repositoryFolders} from '../../../../src/models/cache/layout.ts';
import {journalBuffer} from '../../../../src/models/pull/journal.ts';
import {partsOf} from '../../../../src/models/pull/parts.ts';
import {presenceOf} from '../../../../src/models/pull/presence.ts';
import type {RemoteFile} from '../../../../src/models/remote-model.ts';
import {temporaryFolder} from '../../../helpers/temporary-folder.ts';

const repository = 'org/model';
const commit = 'c'.repeat(40);
const etag = 'a'.repeat(64);
const file: RemoteFile = {role: 'model', file: 'sub/model.gguf', bytes: 10, sha256: etag, blobId: 'b'.repeat(40)};

interface Place {
	readonly cache: string;
	readonly blob: string;
	/** Where the commit shows the file. */
	readonly shown: string;
}

function place(): Place {
	const cache = temporaryFolder();
	const {blobs, snapshots} = repositoryFolders(cache, repository);
	const shown = path.join(snapshots, commit, file.file);
	mkdirSync(blobs, {recursive: true});
	mkdirSync(path.dirname(shown), {recursive: true});
	return {cache, blob: path.join(blobs, etag), shown};
}

async function look(cache: string, wanted: RemoteFile = file): Promise<{state: string; presentBytes: number}> {
	const [found] = await presenceOf(cache, {repository, commit, files: [wanted]});
	if (found === undefined) throw new Error('nothing was looked at');
	return {state: found.state, presentBytes: found.presentBytes};
}

const absent = {state: 'absent', presentBytes: 0};

test('an empty cache has nothing', async () => {
	expect(await look(path.join(temporaryFolder(), 'none'))).toEqual(absent);
});

test('a blob is there, and here once the commit shows it', async () => {
	const {cache, blob, shown} = place();
	writeFileSync(blob, '0123456789');
	expect(await look(cache)).toEqual({state: 'blob', presentBytes: 10});
	symlinkSync(path.relative(path.dirname(shown), blob), shown);
	expect(await look(cache)).toEqual({state: 'here', presentBytes: 10});
});

test('a file of the commit that is another blob is shown anew', async () => {
	const {cache, blob, shown} = place();
	writeFileSync(blob, '0123456789');
	writeFileSync(path.join(path.dirname(blob), 'd'.repeat(64)), '0123456789');
	symlinkSync(path.relative(path.dirname(shown), path.join(path.dirname(blob), 'd'.repeat(64))), shown);
	expect(await look(cache)).toEqual({state: 'blob', presentBytes: 10});
});

test('copies and second names, where links are not possible, are here', async () => {
	const {cache, shown} = place();
	writeFileSync(shown, '0123456789');
	expect(await look(cache)).toEqual({state: 'here', presentBytes: 10});
	const other = place();
	writeFileSync(other.blob, '0123456789');
	linkSync(other.blob, other.shown);
	expect(await look(other.cache)).toEqual({state: 'here', presentBytes: 10});
});

test.each([
	['shorter', '01234'],
	['longer', '0123456789a'],
	['empty', ''],
])('a blob that is %s is not it', async (_title, content) => {
	const {cache, blob} = place();
	writeFileSync(blob, content);
	expect(await look(cache)).toEqual(absent);
});

test('a folder, or a link that leads nowhere, is not it', async () => {
	const {cache, blob, shown} = place();
	mkdirSync(blob);
	symlinkSync('nowhere', shown);
	expect(await look(cache)).toEqual(absent);
});

describe('a download that was not finished', () => {
	const long: RemoteFile = {...file, bytes: 3 * 2 ** 16};

	function journal(of: {readonly etag?: string; readonly totalBytes?: number}, written: number): Buffer {
		const facts = {version: 1 as const, repository, file: file.file, etag, totalBytes: long.bytes, ...of};
		const parts = partsOf(facts.totalBytes, 2 ** 16);
		for (const part of parts.slice(0, 1)) part.written = written;
		return journalBuffer({...facts, partBytes: 2 ** 16}, parts);
	}

	test('counts with what its journal says', async () => {
		const {cache, blob} = place();
		writeFileSync(`${blob}.mofa-partial.parts`, journal({}, 5000));
		expect(await look(cache, long)).toEqual({state: 'absent', presentBytes: 5000});
	});

	test('does not count where it is of something else', async () => {
		const {cache, blob} = place();
		for (const other of [{etag: 'e'.repeat(64)}, {totalBytes: 2 ** 16 + 1}]) {
			writeFileSync(`${blob}.mofa-partial.parts`, journal(other, 5000));
			expect(await look(cache, long)).toEqual(absent);
		}
	});
});

describe('what the Hub says is not trusted', () => {
	const at = (changes: Partial<RemoteFile>, where = commit): Promise<unknown> =>
		presenceOf(temporaryFolder(), {repository, commit: where, files: [{...file, ...changes}]});

	test.each(['../evil', '/etc/passwd', 'a/../../evil', 'a\\..\\evil', 'nul\u0000', 'CON', 'C:evil', 'x'.repeat(1e6)])(
		'a file called %.30j',
		async name => {
			await expect(at({file: name})).rejects.toMatchObject({code: 'model-invalid'});
		},
	);

	test.each(['', '../../evil', 'a'.repeat(63), `${'a'.repeat(63)}/`, 'g'.repeat(64)])('a hash %j', async hash => {
		await expect(at({sha256: hash})).rejects.toMatchObject({code: 'model-invalid'});
		await expect(at({sha256: null, blobId: hash})).rejects.toMatchObject({code: 'model-invalid'});
	});

	test.each(['', 'main', '..', 'c'.repeat(39)])('a commit %j', async name => {
		await expect(at({}, name)).rejects.toMatchObject({code: 'model-invalid'});
	});
});
