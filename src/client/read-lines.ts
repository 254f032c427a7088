/** Splits text into lines as it comes. Throws where a line is longer than `limit` characters. */
export async function* readLines(chunks: AsyncIterable<string>, limit: number): AsyncGenerator<string> {
	const pieces: string[] = [];
	let length = 0;
	for await (const chunk of chunks) {
		let start = 0;
		for (let end = chunk.indexOf('\n'); end !== -1; end = chunk.indexOf('\n', start)) {
			pieces.push(chunk.slice(start, end));
			yield pieces.join('');
			pieces.length = 0;
			length = 0;
			start = end + 1;
		}
		if (start === chunk.length) continue;
		pieces.push(chunk.slice(start));
		length += chunk.length - start;
		if (length > limit) throw new Error(`a line is longer than ${limit} characters`);
	}
	if (length > 0) throw new Error('the last line is not complete');
}
