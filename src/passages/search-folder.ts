import type {Client} from '../client/client.ts';
import {GatheredWarnings} from '../client/gathered-warnings.ts';
import {MofaError} from '../contract/error.ts';
import type {RequestOf, Warning} from '../contract/task.ts';
import {cutPassages} from './cut-passages.ts';
import {folderFiles, readText, type FolderFile} from './folder-files.ts';
import {readIndex, writeIndex} from './index-file.ts';
import {readable, type FoundPassage} from './passage.ts';
import {findPassages, wordsOf, type IndexedFile, type PassageIndex} from './passage-index.ts';

export interface FolderSearch {
	readonly client: Client;
	/** Absolute. */
	readonly folder: string;
	readonly question: string;
	/** That makes vectors. */
	readonly model: string;
	/** That reads the question and a passage together; null: none does. */
	readonly ranker: string | null;
	/** Passages wanted. */
	readonly count: number;
	/** Where the index of this folder and model is kept. */
	readonly indexFile: string;
	/** Reads everything again. */
	readonly rebuild: boolean;
	readonly signal: AbortSignal;
	readonly tell: (progress: SearchProgress) => void;
	readonly warn: (warning: Warning) => void;
}

export type SearchProgress =
	| {readonly type: 'folder-read'; readonly files: number; readonly changed: number}
	| {readonly type: 'passages-embedded'; readonly count: number; readonly total: number}
	| {readonly type: 'passages-ranked'; readonly count: number};

export interface FolderAnswer {
	readonly passages: readonly FoundPassage[];
	/** In the whole folder. */
	readonly searched: number;
	readonly files: number;
	/** Passages that had no vector yet. */
	readonly embedded: number;
}

/** A ranker reads so many for each passage that is wanted, and at least so many. */
const candidatesFor = (count: number): number => Math.max(30, count * 3);

/** 1. what is in the folder, 2. vectors for what is new, 3. what comes close, 4. which of that answers. */
export async function searchFolder(wanted: FolderSearch): Promise<FolderAnswer> {
	const search = {...wanted, warnings: new GatheredWarnings()};
	const {folder, model, ranker, question, count, indexFile, rebuild, signal, tell, warn} = search;
	// 1.
	const before = rebuild ? null : await readIndex(indexFile, {folder, model});
	const {files, tooMany} = await folderFiles(folder, signal);
	if (tooMany) warn({setting: 'folder', message: `only its first ${files.length} files are searched`});
	const changed = changedFiles(files, before);
	tell({type: 'folder-read', files: files.length, changed});
	// 2.
	const fresh = changed === 0 && before !== null ? {index: before, embedded: 0} : await renew(search, files, before);
	if (fresh.index !== before) await writeIndex(indexFile, {folder, model}, fresh.index);
	const searched = fresh.index.files.reduce((sum, {passages}) => sum + passages.length, 0);
	const answer = {searched, files: fresh.index.files.length, embedded: fresh.embedded};
	if (searched === 0) return {...answer, passages: []};
	// 3.
	const [vector] = await embed({...search, warn: ofQuestion(warn)}, [question], 'query', () => undefined);
	if (vector === undefined) throw new Error('the question got no vector');
	const candidates = ranker === null ? count : candidatesFor(count);
	const close = findPassages(fresh.index, {text: question, vector}, candidates);
	if (ranker === null || close.length === 0) return {...answer, passages: close};
	// 4.
	tell({type: 'passages-ranked', count: close.length});
	return {...answer, passages: (await rank(search, ranker, close)).slice(0, count)};
}

/** Of all its requests together. */
interface Search extends FolderSearch {
	readonly warnings: GatheredWarnings;
}

/** The question goes the way of the passages, and is no passage. */
const ofQuestion =
	(warn: FolderSearch['warn']): FolderSearch['warn'] =>
	warning =>
		warn(warning.setting === 'inputs' ? {...warning, setting: 'query'} : warning);

function changedFiles(files: readonly FolderFile[], before: PassageIndex | null): number {
	const known = new Map(before?.files.map(file => [file.file, file]));
	const same = files.filter(file => isSame(file, known.get(file.file))).length;
	return files.length - same + Math.max(0, known.size - same);
}

const isSame = ({bytes, modified}: FolderFile, known: FolderFile | undefined): boolean =>
	known?.bytes === bytes && known.modified === modified;

/** Files that are as they were are not opened, and passages that are as they were keep their vectors. */
async function renew(
	search: Search,
	files: readonly FolderFile[],
	before: PassageIndex | null,
): Promise<{readonly index: PassageIndex; readonly embedded: number}> {
	const known = new Map(before?.files.map(file => [file.file, file]));
	const indexed: IndexedFile[] = [];
	for (const file of files) {
		search.signal.throwIfAborted();
		const same = known.get(file.file);
		if (same !== undefined && isSame(file, same)) indexed.push(same);
		else {
			const text = await readText(search.folder, file);
			indexed.push({...file, passages: text === null ? [] : cutPassages(text)});
		}
	}
	const texts = indexed.flatMap(({passages}) => passages.map(readable));
	const old = vectorsByText(before);
	const missing = [...new Set(texts.filter(text => !old.has(text)))];
	const made = await embed(search, missing, 'document', count =>
		search.tell({type: 'passages-embedded', count, total: missing.length}),
	);
	for (const [index, text] of missing.entries()) old.set(text, made[index] ?? new Float32Array(0));
	const dimensions = made[0]?.length ?? before?.dimensions ?? 1;
	const vectors = new Float32Array(texts.length * dimensions);
	for (const [row, text] of texts.entries()) vectors.set(old.get(text) ?? [], row * dimensions);
	return {index: {files: indexed, vectors, dimensions, words: wordsOf(indexed)}, embedded: missing.length};
}

function vectorsByText(index: PassageIndex | null): Map<string, Float32Array> {
	if (index === null) return new Map();
	const {files, vectors, dimensions} = index;
	const texts = files.flatMap(({passages}) => passages.map(readable));
	return new Map(texts.map((text, row) => [text, vectors.subarray(row * dimensions, (row + 1) * dimensions)]));
}

/** Texts of one request. */
const atOnce = 256;

async function embed(
	{client, model, signal, warn, warnings}: Search,
	inputs: readonly string[],
	purpose: NonNullable<RequestOf<'embedding'>['purpose']>,
	done: (count: number) => void,
): Promise<readonly Float32Array[]> {
	const vectors: Float32Array[] = [];
	for (let first = 0; first < inputs.length; first += atOnce) {
		const request = {inputs: inputs.slice(first, first + atOnce), purpose};
		for await (const event of client.run({model, task: 'embedding', request, signal}))
			if (event.type === 'vector') vectors[first + event.index] = event.vector;
			else if (event.type === 'warning') {
				const warning = warnings.hear(event.warning);
				if (warning !== null) warn(warning);
			}
		if (signal.aborted) throw new MofaError('cancelled', {});
		done(Math.min(inputs.length, first + atOnce));
	}
	for (const warning of warnings.counted(inputs.length)) warn(warning);
	return vectors;
}

async function rank(
	{client, question, signal, warn}: FolderSearch,
	model: string,
	close: readonly FoundPassage[],
): Promise<readonly FoundPassage[]> {
	const scores: number[] = [];
	const request = {query: question, documents: close.map(readable)};
	for await (const event of client.run({model, task: 'reranking', request, signal}))
		if (event.type === 'score') scores[event.index] = event.score;
		else if (event.type === 'warning') warn(event.warning);
	if (signal.aborted) throw new MofaError('cancelled', {});
	return close.map((passage, index) => ({...passage, score: scores[index] ?? 0})).toSorted((a, b) => b.score - a.score);
}
