import type {OnlineResult} from '../../backends/sherpa/online.ts';
import type {TranscribedWord} from '../../tasks/transcription.ts';

/** Seconds that a token lasts at most: the model tells only when it began. */
const longestToken = 0.3;
/** Written without spaces: each sign is a word. */
const sign = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/u;

/**
 * When each word was said, on the clock on which the segment began at `begin` and the sound ends at `end`; null where the model
 * tells no times, or where its tokens are not what is written. Pure.
 */
export function wordsOf(
	{text, tokens, timestamps}: OnlineResult,
	begin: number,
	end: number,
): readonly TranscribedWord[] | null {
	const spoken = tokens.map(token => token.replace(/^▁/, ' '));
	if (timestamps.length === 0 || timestamps.length !== tokens.length || bare(spoken.join('')) !== bare(text))
		return null;
	const at = (seconds: number): number => Math.round(Math.min(begin + seconds, end) * 1000) / 1000;
	const words: TranscribedWord[] = [];
	for (const [index, token] of spoken.entries()) {
		const start = timestamps[index] ?? 0;
		const until = at(Math.min(timestamps[index + 1] ?? Infinity, start + longestToken));
		const before = words.at(-1);
		if (before === undefined || beginsWord(token, before.text))
			words.push({text: token.trim(), start: at(start), end: until});
		else words[words.length - 1] = {...before, text: before.text + token.trim(), end: until};
	}
	return words.filter(word => word.text !== '');
}

const beginsWord = (token: string, before: string): boolean =>
	token.startsWith(' ') || sign.test(token) || sign.test(before.slice(-1));

const bare = (text: string): string => text.replaceAll(/\s/g, '');
