/** Where a request keeps an option. */
type Place = 'sampling' | 'load' | 'maxTokens' | 'stop' | 'logprobs';

export interface ModelOption {
	readonly place: Place;
	/** What the place calls it. */
	readonly key: string;
	/** `count` is a whole number above zero. */
	readonly kind: 'number' | 'whole' | 'count' | 'text';
	readonly summary: string;
}

const sampling = (key: string, kind: ModelOption['kind'], summary: string): ModelOption => ({
	place: 'sampling',
	key,
	kind,
	summary,
});

/** What `--option` and `/set parameter` know, by the names people know from Ollama and llama.cpp. */
export const modelOptions: Readonly<Record<string, ModelOption>> = {
	temperature: sampling('temperature', 'number', 'how daring: 0 is always the likeliest word'),
	top_p: sampling('top_p', 'number', 'pick among words that make up this share'),
	top_k: sampling('top_k', 'whole', 'pick among so many words'),
	min_p: sampling('min_p', 'number', 'leave out words far less likely than the best'),
	seed: sampling('seed', 'whole', 'the same seed gives the same answer'),
	repeat_penalty: sampling('repeat_penalty', 'number', 'how much repeating costs'),
	repeat_last_n: sampling('repeat_last_n', 'whole', 'how far back repeating counts'),
	frequency_penalty: sampling('frequency_penalty', 'number', 'less of what came often'),
	presence_penalty: sampling('presence_penalty', 'number', 'less of what came at all'),
	num_predict: {place: 'maxTokens', key: 'maxTokens', kind: 'whole', summary: 'tokens an answer may have'},
	stop: {
		place: 'stop',
		key: 'stop',
		kind: 'text',
		summary: 'end the answer before this text; may be set several times',
	},
	num_ctx: {
		place: 'load',
		key: 'contextLength',
		kind: 'count',
		summary: 'tokens the conversation may hold; loads anew',
	},
	num_parallel: {place: 'load', key: 'slots', kind: 'count', summary: 'answers at the same time; loads anew'},
	logprobs: {
		place: 'logprobs',
		key: 'logprobs',
		kind: 'whole',
		summary: 'how likely each word was, and so many others',
	},
};

/** Undefined for a name that no model here has; it is sent along, and warned about by whoever cannot honour it. */
export function modelOption(name: string): ModelOption | undefined {
	return Object.hasOwn(modelOptions, name) ? modelOptions[name] : undefined;
}

/** What the text means; undefined for what is not of that kind. */
export function parseOptionValue(kind: ModelOption['kind'], text: string): string | number | undefined {
	if (kind === 'text') return text;
	const number = text.trim() === '' ? Number.NaN : Number(text);
	if (!Number.isFinite(number) || (kind !== 'number' && !Number.isInteger(number))) return undefined;
	return kind === 'count' && number < 1 ? undefined : number;
}

export const optionExpectations: Readonly<Record<ModelOption['kind'], string>> = {
	number: 'a number',
	whole: 'a whole number',
	count: 'a whole number above 0',
	text: 'some text',
};
