import type {ChatSettings} from './chat-settings.ts';

type Place = 'sampling' | 'load' | 'maxTokens' | 'stop';

interface ModelOption {
	readonly place: Place;
	readonly key: string;
	readonly kind: 'number' | 'whole' | 'text';
	readonly summary: string;
}

/** Options by the names people know them by from other programs. */
export const modelOptions: Readonly<Record<string, ModelOption>> = {
	temperature: {
		place: 'sampling',
		key: 'temperature',
		kind: 'number',
		summary: 'how daring: 0 is always the likeliest word',
	},
	top_p: {place: 'sampling', key: 'top_p', kind: 'number', summary: 'pick among words that make up this share'},
	top_k: {place: 'sampling', key: 'top_k', kind: 'whole', summary: 'pick among so many words'},
	min_p: {place: 'sampling', key: 'min_p', kind: 'number', summary: 'leave out words far less likely than the best'},
	seed: {place: 'sampling', key: 'seed', kind: 'whole', summary: 'the same seed gives the same answer'},
	repeat_penalty: {place: 'sampling', key: 'repeat_penalty', kind: 'number', summary: 'how much repeating costs'},
	repeat_last_n: {place: 'sampling', key: 'repeat_last_n', kind: 'whole', summary: 'how far back repeating counts'},
	frequency_penalty: {place: 'sampling', key: 'frequency_penalty', kind: 'number', summary: 'less of what came often'},
	presence_penalty: {place: 'sampling', key: 'presence_penalty', kind: 'number', summary: 'less of what came at all'},
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
		kind: 'whole',
		summary: 'tokens the conversation may hold; loads anew',
	},
};

export type OptionChange =
	| {readonly ok: true; readonly settings: ChatSettings; readonly known: boolean}
	| {readonly ok: false; readonly expected: string};

/** A null value takes the option back to the model's default. Names mofa does not know are sent along and warned about. */
export function changeOption(settings: ChatSettings, name: string, value: string | null): OptionChange {
	const option = Object.hasOwn(modelOptions, name) ? modelOptions[name] : undefined;
	if (option === undefined) return {ok: true, known: false, settings: changeUnknown(settings, name, value)};
	const parsed = value === null ? null : parseValue(option.kind, value);
	if (parsed === undefined) return {ok: false, expected: expectations[option.kind]};
	return {ok: true, known: true, settings: put(settings, option, parsed)};
}

/** Every option that differs from the default, as `name value`. */
export function optionsInUse(settings: ChatSettings): ReadonlyArray<readonly [name: string, value: string]> {
	return Object.entries(modelOptions)
		.map(([name, {place, key}]) => [name, valueAt(settings, place, key)] as const)
		.concat(Object.entries(settings.sampling.unknown ?? {}))
		.flatMap(([name, value]) => (value === undefined || value === null ? [] : [[name, shown(value)] as const]));
}

function parseValue(kind: ModelOption['kind'], text: string): string | number | undefined {
	if (kind === 'text') return text;
	const number = Number(text);
	const valid = text.trim() !== '' && Number.isFinite(number) && (kind === 'number' || Number.isInteger(number));
	return valid ? number : undefined;
}

const expectations: Readonly<Record<ModelOption['kind'], string>> = {
	number: 'a number',
	whole: 'a whole number',
	text: 'some text',
};

function put(settings: ChatSettings, {place, key}: ModelOption, value: string | number | null): ChatSettings {
	if (place === 'stop')
		return {...settings, stop: value === null ? [] : [...new Set([...settings.stop, String(value)])]};
	// Below zero means "until the model stops" where people know this option from.
	if (place === 'maxTokens')
		return {...settings, maxTokens: value === null || Number(value) < 0 ? null : Number(value)};
	return {...settings, [place]: withEntry(settings[place], key, value)};
}

function changeUnknown(settings: ChatSettings, name: string, value: string | null): ChatSettings {
	const unknown = withEntry(settings.sampling.unknown ?? {}, name, value);
	const {unknown: _old, ...sampling} = settings.sampling;
	return {...settings, sampling: Object.keys(unknown).length === 0 ? sampling : {...sampling, unknown}};
}

function withEntry(
	entries: Readonly<Record<string, unknown>> | object,
	key: string,
	value: unknown,
): Record<string, unknown> {
	const next = Object.entries(entries).filter(([name]) => name !== key);
	return Object.fromEntries(value === null ? next : [...next, [key, value]]);
}

function valueAt(settings: ChatSettings, place: Place, key: string): unknown {
	if (place === 'maxTokens') return settings.maxTokens;
	if (place === 'stop')
		return settings.stop.length === 0 ? null : settings.stop.map(text => JSON.stringify(text)).join(' ');
	return Object.entries(settings[place]).find(([name]) => name === key)?.[1];
}

function shown(value: unknown): string {
	return typeof value === 'string' ? value : JSON.stringify(value);
}
