import {cpSync, mkdirSync, readdirSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import type {FolderAnswer} from '../../src/passages/search-folder.ts';
import {repositoryRoot} from '../helpers/bundle.ts';
import {patience, User} from '../helpers/user.ts';

interface Found extends FolderAnswer {
	readonly model: string;
	readonly ranker: string | null;
}

describe('the answer to a question in a folder, through the built program', patience, () => {
	let user: User;
	let docs: string;
	beforeAll(() => {
		user = new User();
		docs = path.join(user.home, 'docs');
		mkdirSync(docs);
		for (const file of ['README.md', 'CONTRIBUTING.md']) cpSync(path.join(repositoryRoot, file), path.join(docs, file));
		for (const folder of ['scheduler', 'models', 'pipelines'])
			cpSync(path.join(repositoryRoot, 'src', folder, 'README.md'), path.join(docs, folder, 'README.md'));
	});
	afterAll(() => user[Symbol.asyncDispose]());

	async function search(question: string, ...more: readonly string[]): Promise<Found> {
		const {code, out} = await user.run(['search', docs, question, '--json', ...more]);
		expect(code).toBe(0);
		return JSON.parse(out) as Found;
	}

	test.each([
		['which model goes out of memory first when there is no room', 'scheduler/README.md'],
		['how do I join models in the shell', 'README.md'],
		['how should a commit message look', 'CONTRIBUTING.md'],
	])('%s is answered in %s', async (question, file) => {
		const {passages, model, ranker} = await search(question);
		expect({model, ranker}).toEqual({model: 'finder', ranker: 'ranker'});
		expect(passages.map(passage => passage.file)).toContain(file);
	});

	test('what was read is kept, and only what changed is read again', async () => {
		expect((await search('what is mofa')).embedded).toBe(0);
		writeFileSync(path.join(docs, 'zebra.md'), '# Zebras\n\nA zebra has stripes, black and white.');
		const {passages, embedded} = await search('which animal has stripes');
		expect({embedded, first: passages[0]?.file}).toEqual({embedded: 1, first: 'zebra.md'});
	});

	test('a person gets the place as editors take it, and the passage', async () => {
		const {code, out, err} = await user.run(['search', docs, 'which animal has stripes', '-n', '1', '--no-rerank']);
		expect(code).toBe(0);
		expect(out).toContain(`${path.join(docs, 'zebra.md')}:3  Zebras`);
		expect(out).toContain('A zebra has stripes');
		expect(err).toContain('the built-in finder, a toy');
	});

	test('a folder without text says so, and is left as it is', async () => {
		mkdirSync(path.join(user.home, 'empty'));
		const {code, out, err} = await user.run(['search', path.join(user.home, 'empty'), 'anything at all']);
		expect({code, out}).toEqual({code: 0, out: ''});
		expect(err).toContain('no text is in');
		expect(readdirSync(path.join(user.home, 'empty'))).toEqual([]);
	});
});
