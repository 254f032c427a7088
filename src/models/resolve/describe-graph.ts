import {baseName, folderOf, type ListedFile} from './file-group.ts';

/** Names of graphs and repositories that come without a configuration, and the family they are known by. */
const byName: ReadonlyArray<readonly [RegExp, string]> = [[/^silero[_-]?vad/i, 'silero-vad']];

/** sherpa-onnx puts a graph and its tokens in a folder that is named after the family, and nothing else. */
const byFolder: ReadonlyArray<readonly [RegExp, string]> = [
	[/paraformer/i, 'paraformer'],
	[/sense-?voice/i, 'sensevoice'],
];

const metaEnding = /[._-]meta\.json$/i;

/**
 * The file that tells about a graph by being named after it: `spelling_cnn_meta.json` of `spelling_cnn_mel.onnx`, in the
 * same folder. The longest name that fits is meant; undefined where none does. Pure.
 */
export function metaFileOf<F extends ListedFile>(graph: string, beside: readonly F[]): F | undefined {
	const name = baseName(graph).replace(/\.onnx$/i, '');
	const fitting = beside.filter(
		({file}) => metaEnding.test(file) && folderOf(file) === folderOf(graph) && isNamedAfter(name, subjectOf(file)),
	);
	return fitting.toSorted((a, b) => b.file.length - a.file.length)[0];
}

/**
 * What a graph without a `config.json` is: by its own name or that of its repository or folder, or by the file that is named
 * after it; null where nothing tells. Pure.
 */
export function familyOfGraph(graph: string, model: string, meta: ListedFile | undefined): string | null {
	const names = [baseName(graph), baseName(model)];
	const known = byName.find(([pattern]) => names.some(name => pattern.test(name)))?.[1];
	if (known !== undefined) return known;
	return meta === undefined ? null : subjectOf(meta.file).toLowerCase().replaceAll(/[._]/g, '-');
}

/** What a graph beside a `tokens.txt` is, by the name of the model it is found under; null where that says nothing. Pure. */
export function familyOfFolder(name: string, beside: readonly ListedFile[]): string | null {
	if (!beside.some(({file}) => file === 'tokens.txt')) return null;
	return byFolder.find(([pattern]) => pattern.test(name))?.[1] ?? null;
}

const subjectOf = (file: string): string => baseName(file).replace(metaEnding, '');

const isNamedAfter = (name: string, subject: string): boolean =>
	subject !== '' && name.startsWith(subject) && /^([._-]|$)/.test(name.slice(subject.length));
