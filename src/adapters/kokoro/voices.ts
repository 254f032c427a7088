import type {Voice} from '../../contract/manifest.ts';

/** First letter of a voice's name → its language, and eSpeak's word for it. Voices of other languages need another reader. */
const languages: Readonly<Record<string, readonly [language: string, espeak: string]>> = {
	a: ['en-US', 'en-us'],
	b: ['en-GB', 'en'],
	e: ['es', 'es'],
	f: ['fr', 'fr'],
	h: ['hi', 'hi'],
	i: ['it', 'it'],
	p: ['pt-BR', 'pt-br'],
};
const preferred = 'af_heart';

/** The voices whose files are here and whose language can be read, the best first. Pure. */
export function kokoroVoices(roles: readonly string[]): readonly Voice[] {
	const names = roles.flatMap(role => /^voices\/([\w-]+)\.bin$/.exec(role)?.[1] ?? []);
	return names
		.map(name => ({name, language: languageOf(name)}))
		.filter(({name, language}) => language !== null || !/^[a-z][fm]_/.test(name))
		.map(({name, language}) => ({name, language: language ?? 'en-US'}))
		.toSorted((a, b) => Number(b.name === preferred) - Number(a.name === preferred) || (a.name < b.name ? -1 : 1));
}

export function espeakVoice({language}: Voice): string {
	return Object.values(languages).find(([known]) => known === language)?.[1] ?? 'en-us';
}

function languageOf(name: string): string | null {
	if (!/^[a-z][fm]_/.test(name)) return null;
	return languages[name.charAt(0)]?.[0] ?? null;
}
