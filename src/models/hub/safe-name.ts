import {MofaError} from '../../contract/error.ts';

/** What Windows calls devices, whatever stands behind the dot. */
const devices = /^(con|prn|aux|nul|conin\$|conout\$|clock\$|(com|lpt)[\d¹²³])\s*(\.|$)/i;
/** Control characters, halves of characters, and those that turn the direction of a line or hide in it. */
const invisible = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u200B-\u200F\u202A-\u202E\u2066-\u2069\uFEFF]/u;
/** Bytes. */
const longestName = 255;
const longestPath = 1024;
const deepest = 32;

/**
 * A file name from the Hub becomes a path on this machine, so one that would lead anywhere but below its snapshot, or
 * mean something else on another system, is refused. Throws `model-invalid`.
 */
export function checkFileName(file: unknown, repository: string): string {
	const problem = typeof file === 'string' ? problemOf(file) : 'it is no text';
	if (problem === null) return file as string;
	const shown = JSON.stringify(String(file).slice(0, 80)).replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '?');
	throw new MofaError('model-invalid', {model: repository, problem: `its file name ${shown} is refused: ${problem}`});
}

/** `org/repo` or `repo`, as the Hub allows them. Throws `invalid-request`. */
export function checkRepository(repository: string): string {
	if (isRepository(repository)) return repository;
	throw new MofaError('invalid-request', {
		path: 'model',
		expected: `a repository such as org/name, not ${JSON.stringify(repository.slice(0, 80))}`,
	});
}

/** Letters, digits, `_`, `-` and `.`, not at the ends; `--` would be a slash in the names of the cache's folders. */
export function isRepository(name: string): boolean {
	return /^(\w([\w.-]{0,94}\w)?\/)?\w([\w.-]{0,94}\w)?$/.test(name) && !/\.\.|--|\.git$|\.ipynb$/.test(name);
}

/** A branch, a tag or a commit. Throws `invalid-request`. */
export function checkRevision(revision: string): string {
	const parts = revision.split('/');
	if (revision.length <= 200 && parts.every(part => /^\w([\w.+-]*[\w+-])?$/.test(part) && !part.includes('..')))
		return revision;
	throw new MofaError('invalid-request', {
		path: 'revision',
		expected: `a branch, a tag or a commit, not ${JSON.stringify(revision.slice(0, 80))}`,
	});
}

function problemOf(file: string): string | null {
	if (file === '') return 'it is empty';
	if (file.length > longestPath || Buffer.byteLength(file) > longestPath) return 'it is too long';
	if (invisible.test(file)) return 'it holds characters that cannot be seen';
	if (/[\\:]/.test(file)) return 'it holds characters that are part of a path on some systems';
	if (file.startsWith('/')) return 'it is absolute';
	const parts = file.split('/');
	if (parts.length > deepest) return 'it is too deep';
	return parts.map(partProblem).find(problem => problem !== null) ?? null;
}

function partProblem(part: string): string | null {
	if (part === '' || part === '.' || part === '..') return 'it leads out of its folder';
	if (Buffer.byteLength(part) > longestName) return 'a part of it is too long';
	if (devices.test(part)) return 'it names a device of Windows';
	return /[. ]$/.test(part) ? 'a part of it ends in a dot or a space' : null;
}
