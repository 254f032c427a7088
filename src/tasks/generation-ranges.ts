import type {Generation, Sampling} from './generation.ts';

type GenerationNumber = Exclude<keyof Sampling, 'unknown'> | keyof Pick<Generation, 'maxTokens' | 'logprobs'>;

/** What a number may be; both ends belong to it. */
export interface NumberRange {
	readonly least?: number;
	readonly most?: number;
	readonly whole?: true;
}

/**
 * The numbers of a request for text, by their fields. Data and not a schema, so that the command line, which reads no schema
 * library, refuses what the task would refuse.
 */
export const generationRanges: Readonly<Record<GenerationNumber, NumberRange>> = {
	temperature: {least: 0, most: 10},
	top_p: {least: 0, most: 1},
	top_k: {least: 0, whole: true},
	min_p: {least: 0, most: 1},
	seed: {whole: true},
	repeat_penalty: {least: 0},
	repeat_last_n: {least: -1, whole: true},
	frequency_penalty: {least: -2, most: 2},
	presence_penalty: {least: -2, most: 2},
	maxTokens: {least: 0, whole: true},
	logprobs: {least: 0, most: 20, whole: true},
};

/** `a whole number from 0 to 20`. */
export function rangeText({least, most, whole}: NumberRange): string {
	const number = whole === true ? 'a whole number' : 'a number';
	if (least === undefined) return number;
	return most === undefined ? `${number} from ${least} on` : `${number} from ${least} to ${most}`;
}

export function isInRange(value: number, {least = -Infinity, most = Infinity, whole}: NumberRange): boolean {
	return (whole === true ? Number.isSafeInteger(value) : Number.isFinite(value)) && value >= least && value <= most;
}
