import {isPath, isWeights} from '../model-name.ts';

export interface Target {
	/** As typed; null: the default model. */
	readonly model: string | null;
	readonly prompt: string;
}

/**
 * Which of the words is the model.
 * 1. No word: the default model, nothing to ask yet.
 * 2. The first holds white space and is no path of a file: it is the beginning of a question to the default model.
 * 3. Otherwise the first word is the model and the others are the question.
 */
export function targetOf(words: readonly string[], isFile: (path: string) => boolean): Target {
	const [first, ...others] = words;
	// 1.
	if (first === undefined) return {model: null, prompt: ''};
	// 2.
	if (/\s/.test(first) && !meansFile(first, isFile)) return {model: null, prompt: words.join(' ')};
	// 3.
	return {model: first, prompt: others.join(' ')};
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
