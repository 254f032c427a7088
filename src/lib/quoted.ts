/** The text as a shell takes it for one word: as it is where nothing in it is special, else in quotes. */
export function quoted(text: string): string {
	if (/^[\w./:@+~\\-]+$/.test(text)) return text;
	// Windows knows these quotes only; what a POSIX shell would still look at in them calls for the others.
	return /["$`\\!]/.test(text) ? `'${text.replaceAll("'", String.raw`'\''`)}'` : `"${text}"`;
}
