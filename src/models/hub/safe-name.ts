import {MofaError} from '../../contract/error.ts';

/** What other systems call devices, whatever stands behind the dot. */
const devices = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;
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
	const shown = JSON.stringify(String(file).slice(0, 80));
	throw new MofaError('model-invalid', {model: repository, problem: `its file name ${shown} is refused: ${problem}`});
}

/** `org/repo` or `repo`, as the Hub allows them. Throws `invalid-request`. */
export function checkRepository(repository: string): string {
	const valid =
		repository.length <= 200 &&
		/^[\w][\w.-]*(\/[\w][\w.-]*)?$/.test(repository) &&
		!/\.\.|--|\.git$|\.ipynb$/.test(repository);
	if (valid) return repository;
	throw new MofaError('invalid-request', {
		path: 'model',
		expected: `a repository such as org/name, not "${repository.slice(0, 80)}"`,
	});
}

/** A branch, a tag or a commit. Throws `invalid-request`. */
export function checkRevision(revision: string): string {
	if (/^[\w][\w./-]{0,199}$/.test(revision) && !revision.includes('..') && !revision.endsWith('/')) return revision;
	throw new MofaError('invalid-request', {
		path: 'revision',
		expected: `a branch, a tag or a commit, not "${revision.slice(0, 80)}"`,
	});
}

function problemOf(file: string): string | null {
	if (file === '') return 'it is empty';
	if (file.length > longestPath) return `it is ${file.length} characters long`;
	if (Array.from(file).some(letter => letter < ' ' || letter === '\u007F')) return 'it holds control characters';
	if (/[\\:*?"<>|]/.test(file)) return 'it holds characters that mean something else on some systems';
	if (file.startsWith('/')) return 'it is absolute';
	const parts = file.split('/');
	if (parts.length > deepest) return 'it is too deep';
	return parts.map(partProblem).find(problem => problem !== null) ?? null;
}

function partProblem(part: string): string | null {
	if (part === '' || part === '.' || part === '..') return 'it leads out of its folder';
	if (Buffer.byteLength(part) > longestName) return 'a part of it is too long';
	if (devices.test(part)) return 'it names a device';
	return /[. ]$/.test(part) ? 'a part of it ends in a dot or a space' : null;
}
