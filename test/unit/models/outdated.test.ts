import {expect, test} from 'vitest';
import type {RepositoryFile} from '../../../src/models/hub/hub.ts';
import {compareWithHub, type InstalledBuild} from '../../../src/models/outdated.ts';

const mine: InstalledBuild = {
	model: 'org/a:Q8_0',
	repository: 'org/a',
	commit: 'old',
	files: [
		{file: 'a.gguf', bytes: 100, hash: 'sha-of-a'},
		{file: 'config.json', bytes: 5, hash: 'git-of-config'},
		{file: 'copied.txt', bytes: 3, hash: null},
	],
};
const file = (name: string, bytes: number, sha256: string | null, blobId: string): RepositoryFile => ({
	file: name,
	bytes,
	sha256,
	blobId,
});
const tree = [
	file('a.gguf', 100, 'sha-of-a', 'git-of-pointer'),
	file('config.json', 5, null, 'git-of-config'),
	file('copied.txt', 3, null, 'whatever'),
	file('README.md', 9, null, 'new'),
];

test('the same commit is not outdated', () => {
	expect(compareWithHub(mine, {commit: 'old', tree})).toBeNull();
});

test('a newer commit that leaves the files of the build alone needs nothing fetched', () => {
	expect(compareWithHub(mine, {commit: 'new', tree})).toEqual({
		model: 'org/a:Q8_0',
		repository: 'org/a',
		commit: 'old',
		latestCommit: 'new',
		filesChanged: false,
		downloadBytes: 0,
	});
});

test.each([
	['another hash', file('a.gguf', 100, 'sha-of-another', 'x'), 100],
	['another length', file('a.gguf', 120, 'sha-of-a', 'x'), 120],
])('a file with %s is to be fetched', (_, changed, bytes) => {
	const latest = tree.map(known => (known.file === 'a.gguf' ? changed : known));
	expect(compareWithHub(mine, {commit: 'new', tree: latest})).toMatchObject({filesChanged: true, downloadBytes: bytes});
});

test('a file that is gone from the repository is a change with nothing to fetch', () => {
	expect(compareWithHub(mine, {commit: 'new', tree: tree.slice(1)})).toMatchObject({
		filesChanged: true,
		downloadBytes: 0,
	});
});

const elsewhere = (...files: readonly RepositoryFile[]): ReadonlyMap<string, RepositoryFile | undefined> =>
	new Map([['vocab.json', files[0]]]);
const scattered = {...mine, files: [...mine.files, {file: 'vocab.json', bytes: 7, hash: 'git-of-vocab'}]};
const vocabulary = file('vocab.json', 7, null, 'git-of-vocab');

test('a file that comes from another repository is compared with what that one has', () => {
	const same = {commit: 'new', tree, elsewhere: elsewhere(vocabulary)};
	expect(compareWithHub(scattered, same)).toMatchObject({filesChanged: false, downloadBytes: 0});
	const newer = {commit: 'new', tree, elsewhere: elsewhere(file('vocab.json', 9, null, 'another'))};
	expect(compareWithHub(scattered, newer)).toMatchObject({filesChanged: true, downloadBytes: 9});
});

test('a build of the same commit is outdated when a file from another repository is', () => {
	expect(compareWithHub(scattered, {commit: 'old', tree, elsewhere: elsewhere(vocabulary)})).toBeNull();
	const newer = {commit: 'old', tree, elsewhere: elsewhere(file('vocab.json', 9, null, 'another'))};
	expect(compareWithHub(scattered, newer)).toMatchObject({latestCommit: 'old', filesChanged: true, downloadBytes: 9});
	expect(compareWithHub(scattered, {commit: 'old', tree, elsewhere: elsewhere()})).toMatchObject({filesChanged: true});
});
