import type {EspeakSession} from './espeak.ts';

/** Ends of clauses, and signs that stand around words; a point inside of a number is neither. */
const punctuation = /\s*[;:,.!?…]+(?=\s|$)\s*|\s*[—–"«»“”()[\]{}¡¿]+\s*|\s+[-–—]+\s+/g;

/** A text in phonemes, with its punctuation where it stood: models that speak read it as pauses and tones. */
export async function phonemize(
	espeak: EspeakSession,
	text: string,
	voice: string,
	signal: AbortSignal,
): Promise<string> {
	const pieces = piecesOf(text);
	const clauses = pieces.filter(isClause);
	const spoken = clauses.length === 0 ? [] : await espeak.phonemes(clauses, voice, signal);
	let next = 0;
	return pieces
		.map(piece => (isClause(piece) ? (spoken[next++] ?? '') : piece.replaceAll(/\s+/g, ' ')))
		.join('')
		.trim();
}

function piecesOf(text: string): readonly string[] {
	const pieces: string[] = [];
	let from = 0;
	for (const match of text.matchAll(punctuation)) {
		pieces.push(text.slice(from, match.index), match[0]);
		from = match.index + match[0].length;
	}
	pieces.push(text.slice(from));
	return pieces.filter(piece => piece !== '');
}

const isClause = (piece: string): boolean => /[\p{L}\p{N}]/u.test(piece);
