import type {TranscribedWord} from '../../tasks/transcription.ts';
import type {CtcVocabulary} from './vocabulary.ts';

/**
 * The words in the likeliest numbers of each frame: what comes several times in a row is one, and blanks are none. Times by
 * frame: a word lasts from its first to its last letter. Pure.
 */
export function spell(
	frames: readonly number[],
	{blank, pieces}: CtcVocabulary,
	frameSeconds: number,
): readonly TranscribedWord[] {
	const words: TranscribedWord[] = [];
	let open = false;
	for (const [frame, token] of frames.entries()) {
		if (token === blank) continue;
		const piece = pieces.get(token) ?? '';
		const text = piece.trim();
		const last = words.at(-1);
		if (frames[frame - 1] === token) {
			if (last !== undefined && open && text !== '')
				words[words.length - 1] = {...last, end: (frame + 1) * frameSeconds};
			continue;
		}
		if (piece.startsWith(' ')) open = false;
		if (text !== '') {
			const end = (frame + 1) * frameSeconds;
			if (open && last !== undefined) words[words.length - 1] = {text: last.text + text, start: last.start, end};
			else words.push({text, start: frame * frameSeconds, end});
			open = true;
		}
		if (piece.length > 1 && piece.endsWith(' ')) open = false;
	}
	return words;
}
