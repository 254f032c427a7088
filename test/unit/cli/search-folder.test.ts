import {mkdirSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {expect, test} from 'vitest';
import {folderQuestion} from '../../../src/cli/search/question.ts';
import {failureOf} from '../../helpers/failure.ts';
import {temporaryFolder} from '../../helpers/temporary-folder.ts';

test('a folder by its path, or before a question in quotes, is a folder; anything else is for the Hub', () => {
	const folder = temporaryFolder();
	mkdirSync(path.join(folder, 'voice'));
	writeFileSync(path.join(folder, 'file'), '');
	const before = process.cwd();
	process.chdir(folder);
	try {
		expect(folderQuestion([folder, 'begin'])).toEqual({folder, question: 'begin'});
		expect(folderQuestion(['./voice', 'how', 'do I'])).toEqual({folder: './voice', question: 'how do I'});
		expect(folderQuestion(['voice', 'how do I begin'])).toEqual({folder: 'voice', question: 'how do I begin'});
		expect(folderQuestion(['voice', 'cloning'])).toBeNull();
		expect(folderQuestion(['voice'])).toBeNull();
		const refusal = (...words: readonly string[]): unknown => failureOf(() => folderQuestion(words));
		const noFolder = {path: './file', expected: 'a folder that is there'};
		expect(refusal('./file', 'how do I begin')).toMatchObject({code: 'invalid-request', data: noFolder});
		expect(refusal('./none', 'begin')).toMatchObject({data: {path: './none'}});
		expect(refusal('./voice')).toMatchObject({data: {expected: expect.stringMatching(/question/) as string}});
	} finally {
		process.chdir(before);
	}
});
