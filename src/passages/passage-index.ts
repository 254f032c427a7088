import MiniSearch from 'minisearch';
import type {FolderFile} from './folder-files.ts';
import {readable, type FoundPassage, type Passage} from './passage.ts';

/** A file and what was cut of it. */
export interface IndexedFile extends FolderFile {
	readonly passages: readonly Passage[];
}

/** All passages of a folder, with a vector for each, in the order of the files. */
export interface PassageIndex {
	readonly files: readonly IndexedFile[];
	/** Row after row, `dimensions` numbers each, all of length 1. */
	readonly vectors: Float32Array;
	readonly dimensions: number;
	readonly words: MiniSearch;
}

const settings = {fields: ['text'], idField: 'id'};

/** The words of the passages, to be found by. */
export function wordsOf(files: readonly IndexedFile[]): MiniSearch {
	const words = new MiniSearch(settings);
	words.addAll(files.flatMap(({passages}) => passages).map((passage, id) => ({id, text: readable(passage)})));
	return words;
}

/** As `JSON.stringify` wrote it. Throws for anything else. */
export function wordsFrom(json: string): MiniSearch {
	return MiniSearch.loadJSON(json, settings);
}

/** Of two orders the places count and not the scores, which are of different kinds; sixty is what its authors found best. */
const softness = 60;

/**
 * The best passages by the words of the question and by its vector together (reciprocal rank fusion,
 * Cormack et al. 2009). Scores are the best possible at 1.
 */
export function findPassages(
	{files, vectors, dimensions, words}: PassageIndex,
	question: {readonly text: string; readonly vector: Float32Array},
	count: number,
): readonly FoundPassage[] {
	const all = files.flatMap(({file, passages}) => passages.map(passage => ({...passage, file})));
	const byMeaning = all
		.map((_, id) => ({id, score: closeness(vectors, id * dimensions, question.vector)}))
		.toSorted((a, b) => b.score - a.score)
		.slice(0, count * 4);
	const byWords = words.search(question.text, {
		prefix: term => term.length > 3,
		fuzzy: term => (term.length > 4 ? 0.2 : false),
	});
	const scores = new Map<number, number>();
	for (const order of [byMeaning, byWords.slice(0, count * 4)])
		for (const [place, {id}] of order.entries())
			scores.set(Number(id), (scores.get(Number(id)) ?? 0) + 1 / (softness + place + 1));
	return [...scores]
		.toSorted(([a, first], [b, second]) => second - first || a - b)
		.slice(0, count)
		.flatMap(([id, score]) => {
			const passage = all[id];
			return passage === undefined ? [] : [{...passage, score: (score * (softness + 1)) / 2}];
		});
}

function closeness(vectors: Float32Array, from: number, vector: Float32Array): number {
	let sum = 0;
	for (let at = 0; at < vector.length; at += 1) sum += (vectors[from + at] ?? 0) * (vector[at] ?? 0);
	return sum;
}
