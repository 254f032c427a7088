import type {Warning} from '../../contract/task.ts';
import type {SupertonicConfig} from './configuration.ts';

/** What a generation of the model knows of languages. */
export interface Languages {
	/** Their tags, ISO 639-1. */
	readonly known: readonly string[];
	/** The tag for a text whose language nobody said; null for a model that reads no tags. */
	readonly unsaid: string | null;
}

const english: Languages = {known: ['en'], unsaid: null};
const five: Languages = {known: ['en', 'ko', 'es', 'pt', 'fr'], unsaid: 'en'};
const further = 'ja ar bg cs da de el et fi hi hr hu id it lt lv nl pl ro ru sk sl sv tr uk vi';
/** Its own tag for "not applicable": the model goes by the letters. */
const all: Languages = {known: five.known.concat(further.split(' ')), unsaid: 'na'};

/** Scripts that tell the language. */
const scripts: ReadonlyArray<readonly [RegExp, string]> = [
	[/\p{Script=Hangul}/u, 'ko'],
	[/[\p{Script=Hiragana}\p{Script=Katakana}]/u, 'ja'],
];

/**
 * By the version of its training: 1.5 is the first Supertonic, 1.6 the second, 1.7 the third. A model without a number for
 * the signs of a tag reads none. Pure.
 */
export function languagesOf(
	{version, split}: Pick<SupertonicConfig, 'version' | 'split'>,
	{readsTags}: {readonly readsTags: boolean},
): Languages {
	const [, major = '1', minor = '7'] = /^v?(\d{1,4})\.(\d{1,4})/.exec(version ?? '') ?? [];
	const release = Number(major) * 1000 + Number(minor);
	if (!readsTags || split?.endsWith('-en') === true || release < 1006) return english;
	return release < 1007 ? five : all;
}

/**
 * The tag to read a text with; null for a model that reads none. A language the model does not know is warned of, and the
 * text is read as if none had been said. Pure.
 */
export function languageFor(
	{known, unsaid}: Languages,
	asked: string | undefined,
	text: string,
	warn: (warning: Warning) => void,
): string | null {
	const language = asked?.split('-')[0]?.toLowerCase();
	const isKnown = language !== undefined && (known.includes(language) || language === unsaid);
	if (language !== undefined && !isKnown)
		warn({setting: 'language', message: `this model speaks ${known.join(', ')} only`});
	if (unsaid === null) return null;
	if (isKnown) return language;
	return scripts.find(([script, tag]) => known.includes(tag) && script.test(text))?.[1] ?? unsaid;
}
