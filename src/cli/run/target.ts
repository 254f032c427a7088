import {isPictureName} from '../../client/pictures.ts';
import {isPath, isWeights} from '../model-name.ts';

export interface Target {
	/** As typed; null: the default model. */
	readonly model: string | null;
	readonly prompt: string;
	/** Files that the question is about, as typed. */
	readonly pictures: readonly string[];
}

/**
 * Which of the words is the model. Words that name pictures are neither that nor a part of the question.
 * 1. No other word: the default model, nothing to ask yet.
 * 2. The first holds white space and is no path of a file: it is the beginning of a question to the default model.
 * 3. Otherwise the first word is the model and the others are the question.
 */
export function targetOf(words: readonly string[], isFile: (path: string) => boolean): Target {
	const pictures = words.filter(word => meansPicture(word, isFile));
	const [first, ...others] = words.filter(word => !pictures.includes(word));
	// 1.
	if (first === undefined) return {model: null, prompt: '', pictures};
	// 2.
	if (/\s/.test(first) && !meansFile(first, isFile))
		return {model: null, prompt: [first, ...others].join(' '), pictures};
	// 3.
	return {model: first, prompt: others.join(' '), pictures};
}

/** One that is there, or a single word: that one is a slip, and no question. */
function meansPicture(word: string, isFile: (path: string) => boolean): boolean {
	return isPictureName(word) && (!/\s/.test(word) || isFile(word));
}

/** A path that is there, or what begins as a path and ends as weights do: that one is a slip, and no question. */
function meansFile(word: string, isFile: (path: string) => boolean): boolean {
	const [path, weights] = [isPath(word), isWeights(word)];
	return (path && weights) || ((path || weights) && isFile(word));
}

/** What was piped in comes first, so that the question about it follows it. */
export function joinPrompt(piped: string, typed: string): string {
	if (typed === '') return piped;
	return piped.trim() === '' ? typed : `${piped.trimEnd()}\n\n${typed}`;
}
