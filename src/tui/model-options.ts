import {
	modelOption,
	modelOptions,
	optionExpectation,
	parseOptionValue,
	type ModelOption,
} from '../client/model-options.ts';
import type {ChatSettings} from './chat-settings.ts';

type Place = Exclude<ModelOption['place'], 'logprobs'>;
type ChatOption = ModelOption & {readonly place: Place};

const isChatOption = (option: ModelOption): option is ChatOption => option.place !== 'logprobs';

/** Those that a chat can show the effect of. */
export const chatOptions: Readonly<Record<string, ChatOption>> = Object.fromEntries(
	Object.entries(modelOptions).flatMap(([name, option]) => (isChatOption(option) ? [[name, option]] : [])),
);

export type OptionChange =
	| {readonly ok: true; readonly settings: ChatSettings; readonly known: boolean}
	| {readonly ok: false; readonly expected: string};

/** A null value takes the option back to the model's default. Names mofa does not know are sent along and warned about. */
export function changeOption(settings: ChatSettings, name: string, value: string | null): OptionChange {
	const option = modelOption(name);
	if (option === undefined || !isChatOption(option))
		return {ok: true, known: false, settings: changeUnknown(settings, name, value)};
	const parsed = value === null ? null : parseOptionValue(option, value);
	if (parsed === undefined) return {ok: false, expected: optionExpectation(option)};
	return {ok: true, known: true, settings: put(settings, option, parsed)};
}

/** Every option that differs from the default, as `name value`. */
export function optionsInUse(settings: ChatSettings): ReadonlyArray<readonly [name: string, value: string]> {
	return Object.entries(chatOptions)
		.map(([name, {place, key}]) => [name, valueAt(settings, place, key)] as const)
		.concat(Object.entries(settings.sampling.unknown ?? {}))
		.flatMap(([name, value]) => (value === undefined || value === null ? [] : [[name, shown(value)] as const]));
}

function put(settings: ChatSettings, {place, key}: ChatOption, value: string | number | null): ChatSettings {
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
