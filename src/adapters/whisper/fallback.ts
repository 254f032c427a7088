import type {WrittenText} from './write-text.ts';

/** What OpenAI's own program takes for a text that went wrong, and for a window in which nobody speaks. */
const limits = {compressionRatio: 2.4, averageLogProbability: -1, noSpeech: 0.6} as const;
const step = 0.2;

/** From certain to adventurous; a temperature that was asked for is the only one. */
export function temperatures(asked: number | undefined): readonly number[] {
	return asked === undefined || asked === 0 ? [0, 1, 2, 3, 4, 5].map(index => index * step) : [asked];
}

/** Nobody speaks: the model thinks so, and what it wrote anyway it does not believe. */
export function isNoSpeech({noSpeechProbability, averageLogProbability}: WrittenText): boolean {
	return (noSpeechProbability ?? 0) > limits.noSpeech && averageLogProbability < limits.averageLogProbability;
}

/** The text went in circles, or the model hardly believes it: another temperature may do better. */
export function wentWrong(text: WrittenText): boolean {
	if (isNoSpeech(text)) return false;
	return goesInCircles(text) || text.averageLogProbability < limits.averageLogProbability;
}

/** The likeliest of those that do not go in circles; and where all do, of all. */
export function bestOf(texts: readonly WrittenText[]): WrittenText | undefined {
	if (texts.length === 1) return texts[0];
	const straight = texts.filter(text => !goesInCircles(text));
	return (straight.length > 0 ? straight : texts).toSorted(
		(a, b) => b.averageLogProbability - a.averageLogProbability,
	)[0];
}

const goesInCircles = ({looped, compressionRatio}: WrittenText): boolean =>
	looped || compressionRatio() > limits.compressionRatio;
