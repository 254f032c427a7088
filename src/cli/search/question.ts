import {statSync} from 'node:fs';
import {isPath} from '../model-name.ts';

export interface FolderQuestion {
	readonly folder: string;
	readonly question: string;
}

/**
 * Whether the words are a folder and a question about what is in it, rather than words to look for on the Hub: the first is a
 * folder that is there, and either is written as a path or is followed by more than one word.
 */
export function folderQuestion(words: readonly string[]): FolderQuestion | null {
	const [folder = '', ...others] = words;
	const question = others.join(' ').trim();
	const isOne = question !== '' && (isPath(folder) || /\s/.test(question)) && isFolder(folder);
	return isOne ? {folder, question} : null;
}

const isFolder = (name: string): boolean => statSync(name, {throwIfNoEntry: false})?.isDirectory() === true;
