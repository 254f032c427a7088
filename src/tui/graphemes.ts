import stringWidth from 'string-width';

/** What a person takes for one character: `é` made of two code points, a family emoji made of seven. */
const segmenter = new Intl.Segmenter(undefined, {granularity: 'grapheme'});
const plainAscii = /^[\u0020-\u007E]*$/;

export function graphemes(text: string): readonly string[] {
	return plainAscii.test(text) ? text.split('') : Array.from(segmenter.segment(text), ({segment}) => segment);
}

/** Terminal cells the text takes. Control characters are expected to be gone. */
export function textWidth(text: string): number {
	return plainAscii.test(text) ? text.length : stringWidth(text);
}

/** Where the grapheme before the offset begins. */
export function previousBoundary(text: string, offset: number): number {
	return offset <= 0 ? 0 : (segmenter.segment(text).containing(offset - 1)?.index ?? offset - 1);
}

/** Where the grapheme after the offset ends. */
export function nextBoundary(text: string, offset: number): number {
	if (offset >= text.length) return text.length;
	const found = segmenter.segment(text).containing(offset);
	return found === undefined ? offset + 1 : found.index + found.segment.length;
}

/** The longest beginning that fits into so many cells, never splitting a grapheme. */
export function fitting(text: string, width: number): string {
	if (textWidth(text) <= width) return text;
	let taken = '';
	let used = 0;
	for (const grapheme of graphemes(text)) {
		used += textWidth(grapheme);
		if (used > width) break;
		taken += grapheme;
	}
	return taken;
}
