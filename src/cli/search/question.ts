import {statSync} from 'node:fs';
import {MofaError} from '../../contract/error.ts';
import {isPath} from '../model-name.ts';

export interface FolderQuestion {
	readonly folder: string;
	readonly question: string;
}

/**
 * Whether the words are a folder and a question about what is in it, rather than words to look for on the Hub: the first is
 * written as a path, or is a folder that is there and is followed by more than one word. Throws `invalid-request` for a path
 * that is no folder, or that nothing is asked about: no model is called so.
 */
export function folderQuestion(words: readonly string[]): FolderQuestion | null {
	const [folder = '', ...others] = words;
	const question = others.join(' ').trim();
	if (isPath(folder)) {
		if (!isFolder(folder)) throw new MofaError('invalid-request', {path: folder, expected: 'a folder that is there'});
		if (question === '')
			throw new MofaError('invalid-request', {path: folder, expected: 'a question after the folder, in quotes'});
		return {folder, question};
	}
	return question !== '' && /\s/.test(question) && isFolder(folder) ? {folder, question} : null;
}

const isFolder = (name: string): boolean => statSync(name, {throwIfNoEntry: false})?.isDirectory() === true;
