import type {Voice} from '../../contract/manifest.ts';

/** What reads each language to phonemes. Japanese and Chinese need another reader than eSpeak. */
const readers: Readonly<Record<string, string>> = {
	en: 'en-us',
	'en-US': 'en-us',
	'en-GB': 'en',
	es: 'es',
	fr: 'fr',
	hi: 'hi',
	it: 'it',
	'pt-BR': 'pt-br',
};

/** The voices whose language can be read here. Pure. */
export function readableVoices(voices: readonly Voice[] = []): readonly Voice[] {
	return voices.filter(({language}) => Object.hasOwn(readers, language));
}

/** eSpeak's word for the language of a voice. */
export function readerOf({language}: Voice): string {
	return readers[language] ?? 'en-us';
}
