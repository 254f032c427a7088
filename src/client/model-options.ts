import {generationRanges, isInRange, rangeText, type NumberRange} from '../tasks/generation-ranges.ts';

/** Where a request keeps an option. */
type Place = 'sampling' | 'load' | 'maxTokens' | 'stop' | 'logprobs';

export interface ModelOption {
	readonly place: Place;
	/** What the place calls it. */
	readonly key: string;
	/** Of its numbers; null: it is text. */
	readonly range: NumberRange | null;
	readonly summary: string;
}

const sampling = (key: keyof typeof generationRanges, summary: string): ModelOption => ({
	place: 'sampling',
	key,
	range: generationRanges[key],
	summary,
});
const count: NumberRange = {least: 1, whole: true};

export const seedOption: ModelOption = sampling('seed', 'the same seed gives the same answer');

/** What `--option` and `/set parameter` know, by the names people know from Ollama and llama.cpp. */
export const modelOptions: Readonly<Record<string, ModelOption>> = {
	temperature: sampling('temperature', 'how daring: 0 is always the likeliest word'),
	top_p: sampling('top_p', 'pick among words that make up this share'),
	top_k: sampling('top_k', 'pick among so many words'),
	min_p: sampling('min_p', 'leave out words far less likely than the best'),
	seed: seedOption,
	repeat_penalty: sampling('repeat_penalty', 'how much repeating costs'),
	repeat_last_n: sampling('repeat_last_n', 'how far back repeating counts'),
	frequency_penalty: sampling('frequency_penalty', 'less of what came often'),
	presence_penalty: sampling('presence_penalty', 'less of what came at all'),
	// Below zero means no limit where people know this option from.
	num_predict: {place: 'maxTokens', key: 'maxTokens', range: {whole: true}, summary: 'tokens an answer may have'},
	stop: {
		place: 'stop',
		key: 'stop',
		range: null,
		summary: 'end the answer before this text; may be set several times',
	},
	num_ctx: {
		place: 'load',
		key: 'contextLength',
		range: count,
		summary: 'tokens the conversation may hold; loads anew',
	},
	num_parallel: {place: 'load', key: 'slots', range: count, summary: 'answers at the same time; loads anew'},
	logprobs: {
		place: 'logprobs',
		key: 'logprobs',
		range: generationRanges.logprobs,
		summary: 'how likely each word was, and so many others',
	},
};

/** Undefined for a name that no model here has; it is sent along, and warned about by whoever cannot honour it. */
export function modelOption(name: string): ModelOption | undefined {
	return Object.hasOwn(modelOptions, name) ? modelOptions[name] : undefined;
}

/** What the text means; undefined where the option takes no such thing. */
export function parseOptionValue({range}: Pick<ModelOption, 'range'>, text: string): string | number | undefined {
	if (range === null) return text;
	const number = text.trim() === '' ? Number.NaN : Number(text);
	return isInRange(number, range) ? number : undefined;
}

/** What it takes, in words. */
export function optionExpectation({range}: Pick<ModelOption, 'range'>): string {
	return range === null ? 'some text' : rangeText(range);
}
