/** Lines of at most so many characters, broken at spaces; a longer word stays whole, for it may be a path or a command. */
export function wrapWords(text: string, width: number): readonly string[] {
	if (text.length <= width) return [text];
	const lines: string[] = [];
	for (const word of text.split(' ')) {
		const line = lines.at(-1);
		if (line !== undefined && line.length + 1 + word.length <= width) lines[lines.length - 1] = `${line} ${word}`;
		else lines.push(word);
	}
	return lines;
}
