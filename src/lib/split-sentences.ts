/** Words that end in a full stop and end no sentence. */
const abbreviations =
	/(?:^|[\s("'])(?:mr|mrs|ms|dr|prof|rev|hon|gen|col|capt|lt|sgt|sen|rep|gov|st|mt|vs|no|vol|fig|approx|e\.g|i\.e|cf|[a-z])\.["')]*\s*$/i;
/** Whether a full stop at the end of `text` belongs to `Dr.` or an initial, and ends no sentence. */
export function endsInAbbreviation(text: string): boolean {
	return abbreviations.test(text.slice(-20));
}

/** Where a sentence may be cut that is too long, best first. */
const seams = [/[;:](?=\s)/g, /,(?=\s)/g, /\s/g];

/**
 * Text as the pieces a voice says one after the other: sentences, trimmed, none longer than `longest` characters and none
 * empty. A line that merely wraps is no end; an empty line, or one before a point of a list, is. Lazy: the first piece costs no
 * look at the last.
 */
export function* splitSentences(text: string, longest: number): Generator<string> {
	for (const paragraph of paragraphs(text))
		for (const sentence of whole(sentencesIn(paragraph))) yield* pieces(sentence.trim(), longest);
}

function* paragraphs(text: string): Generator<string> {
	const ends = /\r?\n(?:\s*\n|(?=[ \t]*(?:[-*•]|\d{1,3}[.)])[ \t]))/g;
	let from = 0;
	for (const end of text.matchAll(ends)) {
		yield text.slice(from, end.index);
		from = end.index + end[0].length;
	}
	yield text.slice(from);
}

const segmenter = new Intl.Segmenter('en', {granularity: 'sentence'});

function* sentencesIn(paragraph: string): Generator<string> {
	// The segmenter takes every line end for an end.
	for (const {segment} of segmenter.segment(paragraph.replaceAll(/\s+/g, ' '))) yield segment;
}

/** Joins what was cut behind `Dr.` or an initial. */
function* whole(segments: Iterable<string>): Generator<string> {
	let held = '';
	for (const segment of segments) {
		held += segment;
		if (endsInAbbreviation(held)) continue;
		yield held;
		held = '';
	}
	yield held;
}

function* pieces(sentence: string, longest: number): Generator<string> {
	let rest = sentence;
	while (rest.length > longest) {
		const at = cutAt(rest, longest);
		yield rest.slice(0, at).trim();
		rest = rest.slice(at).trim();
	}
	if (rest !== '') yield rest;
}

/** Behind the last seam of the best kind in the second half; in the middle of a word where there is none. */
function cutAt(text: string, longest: number): number {
	const start = text.slice(0, longest);
	for (const seam of seams) {
		const at = [...start.matchAll(seam)].at(-1)?.index ?? 0;
		if (at >= longest / 2) return at + 1;
	}
	return longest;
}
