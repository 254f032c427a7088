import type {Voice} from '../../contract/manifest.ts';

/** First letter of a voice of Kokoro → its language; the second says whether a woman or a man speaks. */
const kokoroLanguages: Readonly<Record<string, string>> = {
	a: 'en-US',
	b: 'en-GB',
	e: 'es',
	f: 'fr',
	h: 'hi',
	i: 'it',
	j: 'ja',
	p: 'pt-BR',
	z: 'zh',
};
const preferred = 'af_heart';
const mostVoices = 2000;

/** The voices of a model by the names of its files, the preferred one first; a name that says no language speaks `en`. Pure. */
export function voicesByFile(files: readonly string[]): readonly Voice[] {
	const names = files.flatMap(file => /^voices\/([\w-]{1,80})\.(?:bin|npy|json)$/.exec(file)?.[1] ?? []);
	return names
		.map(kokoroVoice)
		.toSorted((a, b) => Number(b.name === preferred) - Number(a.name === preferred) || (a.name < b.name ? -1 : 1))
		.slice(0, mostVoices);
}

/** The speakers in the configuration of a Piper voice, or the voice itself, called `name`. Pure. */
export function voicesOfPiper(config: Readonly<Record<string, unknown>>, name: string): readonly Voice[] {
	const language = (textIn(config['language'], 'code') ?? textIn(config['espeak'], 'voice') ?? 'en').replace('_', '-');
	const numbers = Object.entries(recordOf(config['speaker_id_map'])).filter(([, number]) => typeof number === 'number');
	const speakers = numbers.toSorted(([, a], [, b]) => Number(a) - Number(b)).slice(0, mostVoices);
	if (speakers.length > 1) return speakers.map(([speaker]) => ({name: speaker.slice(0, 80), language}));
	return [{name: name.slice(0, 80), language}];
}

/** The voices of a KittenTTS model by the names people know them by; empty where its configuration has none. Pure. */
export function voicesOfKitten(config: unknown): readonly Voice[] {
	const names = Object.keys(recordOf(recordOf(config)['voice_aliases'])).slice(0, mostVoices);
	return names.map(name => ({name: name.slice(0, 80), language: 'en-US'}));
}

/** The voices in a folder of Supertone's, which all speak every language that the model knows; `tts` is its configuration. Pure. */
export function voicesOfSupertone(tts: unknown, files: readonly string[]): readonly Voice[] {
	const language = textIn(tts, 'split')?.endsWith('-en') === true ? 'en' : 'mul';
	const names = files.flatMap(file => /^voice_styles\/([\w-]{1,80})\.json$/.exec(file)?.[1] ?? []);
	return names
		.toSorted()
		.slice(0, mostVoices)
		.map(name => supertoneVoice(name, language));
}

function supertoneVoice(name: string, language: string): Voice {
	const sex = /^([FM])\d/.exec(name)?.[1];
	return sex === undefined ? {name, language} : {name, language, description: sex === 'F' ? 'a woman' : 'a man'};
}

function kokoroVoice(name: string): Voice {
	const [, letter, sex] = /^([a-z])([fm])_/.exec(name) ?? [];
	const language = letter === undefined ? undefined : kokoroLanguages[letter];
	if (language === undefined) return {name, language: 'en'};
	return {name, language, description: sex === 'f' ? 'a woman' : 'a man'};
}

function textIn(value: unknown, field: string): string | null {
	const text = recordOf(value)[field];
	return typeof text === 'string' && text.length <= 50 ? text : null;
}

const recordOf = (value: unknown): Readonly<Record<string, unknown>> =>
	typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
