import {readFileSync, statSync} from 'node:fs';
import {MofaError} from '../contract/error.ts';

/** The file of settings as it is written: texts by their key. */
export type Stored = Readonly<Record<string, string>>;

/** At once: a command that does nothing else with files is done sooner. Nothing where there is no file. Throws `file-error`. */
export function readStored(file: string): Stored {
	let text: string;
	try {
		// Most people have none, and making an error of that takes longer than asking.
		if (statSync(file, {throwIfNoEntry: false}) === undefined) return {};
		text = readFileSync(file, 'utf8');
	} catch (error) {
		throw fileError(file, error);
	}
	return parseStored(file, text);
}

function parseStored(file: string, text: string): Stored {
	const broken = (): MofaError =>
		new MofaError('file-error', {path: file, problem: 'it is not a JSON object of texts; correct it or delete it'});
	let parsed: unknown;
	try {
		parsed = JSON.parse(text);
	} catch {
		throw broken();
	}
	if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) throw broken();
	if (Object.values(parsed).some(value => typeof value !== 'string')) throw broken();
	return parsed as Stored;
}

export function fileError(file: string, error: unknown): MofaError {
	const problem = error instanceof Error ? error.message : String(error);
	return new MofaError('file-error', {path: file, problem}, {cause: error});
}
