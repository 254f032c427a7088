/** The signs that stand close around what they mark, and not between two words or numbers: those of `2*3` and `snake_case` stay. */
const opening = /(?<![\p{L}\p{N}_*])(?:\*{1,3}|_{1,3})(?=[\p{L}\p{N}"'(`])/gu;
const closing = /(?<=[\p{L}\p{N}.,:;!?"')`])(?:\*{1,3}|_{1,3})(?![\p{L}\p{N}_*])/gu;

/** Text as language models write it, without the marks of Markdown, which a voice would spell or stop at. Pure. */
export function withoutMarkdown(text: string): string {
	return text
		.replaceAll(/!?\[([^\][\n]{1,200})\]\([^()\n]{0,500}\)/g, '$1')
		.replaceAll(/^[ \t]*(?:#{1,6}|[*+]|>)[ \t]+/gm, '')
		.replaceAll(opening, '')
		.replaceAll(closing, '')
		.replaceAll(/`+/g, '');
}
