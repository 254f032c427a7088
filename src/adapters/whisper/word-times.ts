import type {Tensor} from 'onnxruntime-node';
import type {TextTokenizer} from '../../tasks/transcribing/text-tokenizer.ts';
import type {TranscribedWord} from '../../tasks/transcription.ts';
import {attention, beginnings} from './align.ts';
import type {WhisperParts} from './recognizer.ts';
import type {TokenSegment} from './segments.ts';

export interface WordsAsked {
	readonly segments: readonly TokenSegment[];
	readonly hidden: Tensor;
	/** Without a prompt before it. */
	readonly prefix: readonly number[];
	readonly frames: number;
	readonly signal: AbortSignal;
}

/** The words of each segment with their times: the text is read once more, and where each token looked is where it was said. */
export async function wordTimes(
	{decoder, configuration}: WhisperParts,
	{segments, hidden, prefix, frames, signal}: WordsAsked,
): Promise<ReadonlyArray<readonly TranscribedWord[]>> {
	const {tokens: special, alignmentHeads, medianWidth, frameSeconds, positions, tokenizer} = configuration;
	const before = [
		...prefix,
		...(special.noTimes === null || prefix.includes(special.noTimes) ? [] : [special.noTimes]),
	];
	const text = segments.flatMap(({tokens}) => tokens).slice(0, positions - before.length - 1);
	if (text.length === 0) return segments.map(() => []);
	const layers = await decoder.attend([...before, ...text, special.end], hidden, signal);
	// A token was chosen where the one before it looked; where the last looked, the last word ends.
	const looked = attention(layers, alignmentHeads, frames, medianWidth).slice(before.length - 1, -1);
	const starts = beginnings(looked).map(frame => frame * frameSeconds);
	let at = 0;
	return segments.map(segment => {
		const first = at;
		at = Math.min(text.length, at + segment.tokens.length);
		const time = (index: number): number => starts[first + index] ?? segment.end * frameSeconds;
		return wordsOf(text.slice(first, at), tokenizer).map(({text: word, from, to}) => ({
			text: word,
			start: time(from),
			end: Math.max(time(from), time(to)),
		}));
	});
}

interface TokenWord {
	readonly text: string;
	/** The first token, and the one after the last. */
	readonly from: number;
	readonly to: number;
}

/** Languages that write no spaces get a word for each sign that can be read by itself. Pure. */
export function wordsOf(tokens: readonly number[], {decode}: Pick<TextTokenizer, 'decode'>): readonly TokenWord[] {
	const words: TokenWord[] = [];
	let from = 0;
	for (let to = 1; to <= tokens.length; to += 1) {
		const text = decode(tokens.slice(from, to));
		// A sign of several bytes may be cut in the middle.
		if (text.includes('\uFFFD') && to < tokens.length) continue;
		const last = words.at(-1);
		if (last !== undefined && joins(last.text, text))
			words[words.length - 1] = {text: last.text + text, from: last.from, to};
		else words.push({text, from, to});
		from = to;
	}
	return words.map(({text, from: first, to}) => ({text: text.trim(), from: first, to})).filter(({text}) => text !== '');
}

/** A piece goes on with the word before: no space between them, and not two signs that are words each. */
function joins(before: string, piece: string): boolean {
	if (/^\s/.test(piece)) return false;
	if (/^[\p{P}\p{S}]+$/u.test(piece)) return !/^\s*[([{"“¿¡]$/u.test(piece);
	return !/[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u.test(
		before.slice(-1) + piece[0],
	);
}
