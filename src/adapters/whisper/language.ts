import {MofaError} from '../../contract/error.ts';
import type {RunContext} from '../../contract/task.ts';
import type {SpecialTokens} from './configuration.ts';
import {probabilityOf} from '../../lib/pick-token.ts';

/** Codes that Whisper knows by another name. */
const others: Readonly<Record<string, string>> = {
	nb: 'no',
	iw: 'he',
	ji: 'yi',
	in: 'id',
	jv: 'jw',
	fil: 'tl',
	cmn: 'zh',
};

/**
 * The code of the model's own language for a BCP 47 tag: `pt` for `pt-BR`; null where none was asked for. Throws
 * `invalid-request` with the languages it knows; a model of one language warns instead.
 */
export function chosenLanguage(
	asked: string | undefined,
	{languages}: SpecialTokens,
	{warn}: RunContext,
): string | null {
	if (asked === undefined) return null;
	const [code = ''] = asked.toLowerCase().split(/[-_]/);
	if (languages.size === 0) {
		if (code !== 'en')
			warn({setting: 'language', message: 'this model knows one language only and was not told another'});
		return null;
	}
	const known = languages.has(code) ? code : (others[code] ?? code);
	if (languages.has(known)) return known;
	throw new MofaError('invalid-request', {path: 'language', expected: `one of ${[...languages.keys()].join(', ')}`});
}

export interface DetectedLanguage {
	readonly language: string;
	readonly probability: number;
}

/** Which of its languages the model expects after the token that begins a text. Pure. */
export function likeliestLanguage(logits: Float32Array, {languages}: SpecialTokens): DetectedLanguage | null {
	const ids = [...languages.values()];
	let best: readonly [string, number] | undefined;
	for (const entry of languages)
		if (best === undefined || (logits[entry[1]] ?? -Infinity) > (logits[best[1]] ?? -Infinity)) best = entry;
	return best === undefined ? null : {language: best[0], probability: probabilityOf(logits, best[1], ids)};
}
