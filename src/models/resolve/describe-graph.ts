import {baseName, folderOf, type ListedFile} from './file-group.ts';

/** Names of graphs and repositories that come without a configuration, and the family they are known by. */
const byName: ReadonlyArray<readonly [RegExp, string]> = [[/^silero[_-]?vad/i, 'silero-vad']];

/** sherpa-onnx puts graphs and their tokens in a folder that is named after the family, and nothing else. */
const byFolder: ReadonlyArray<readonly [RegExp, string]> = [
	[/streaming.*paraformer|paraformer.*streaming/i, 'streaming-paraformer'],
	[/paraformer/i, 'paraformer'],
	[/sense-?voice/i, 'sensevoice'],
	[/streaming.*[-_]ctc(?![a-z])/i, 'streaming-ctc'],
];
/** Of graphs that come as an encoder, a decoder and a joiner; without these words in its name, one hears recorded sound alone. */
const streams = /streaming|online|sherpa-onnx-lstm/i;
const joiner = /(^|\/)joiner[^/]*\.onnx$/i;

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

/** What graphs beside a `tokens.txt` are, by the name of the model they are found under; null where that says nothing. Pure. */
export function familyOfFolder(name: string, beside: readonly ListedFile[]): string | null {
	if (!hasTokens(beside)) return null;
	if (beside.some(({file}) => joiner.test(file))) return streams.test(baseName(name)) ? 'streaming-transducer' : null;
	return byFolder.find(([pattern]) => pattern.test(name))?.[1] ?? null;
}

/** sherpa-onnx keeps what a model writes with in this file, and the facts of a graph in the graph. */
export const hasTokens = (beside: readonly ListedFile[]): boolean => beside.some(({file}) => file === 'tokens.txt');

/**
 * What a graph beside a `tokens.txt` is, by the facts that its exporter wrote into it; null where they say nothing. Of several
 * graphs it is the encoder, and `roles` are those of all. What hears sound as it comes says how much it takes in one step. Pure.
 */
export function familyOfFacts(facts: ReadonlyMap<string, string>, roles: readonly string[]): string | null {
	const has = (part: string): boolean => roles.some(role => role.startsWith(`weights-${part}`));
	const steps = facts.has('decode_chunk_len') || (facts.has('window_size') && facts.has('chunk_shift'));
	const type = facts.get('model_type') ?? '';
	if (has('joiner')) return steps ? 'streaming-transducer' : null;
	if (type === 'paraformer') return has('decoder') ? 'streaming-paraformer' : 'paraformer';
	if (/^sense_?voice/.test(type)) return 'sensevoice';
	return steps && !has('decoder') ? 'streaming-ctc' : null;
}

const subjectOf = (file: string): string => baseName(file).replace(metaEnding, '');

const isNamedAfter = (name: string, subject: string): boolean =>
	subject !== '' && name.startsWith(subject) && /^([._-]|$)/.test(name.slice(subject.length));
