/** Words that are wrong, missing or too many, on the shortest way from one text to the other. */
export function wordErrors(said: string, heard: string): number {
	const [wanted, found] = [wordsOf(said), wordsOf(heard)];
	let row = found.map((_, index) => index + 1);
	for (const [at, word] of wanted.entries()) {
		let diagonal = at;
		let left = at + 1;
		row = row.map((above, index) => {
			left = Math.min(above + 1, left + 1, diagonal + (found[index] === word ? 0 : 1));
			diagonal = above;
			return left;
		});
	}
	return row.at(-1) ?? wanted.length;
}

/** Small letters without signs, as the built-in ears write. */
export const wordsOf = (text: string): readonly string[] => text.toLowerCase().match(/[\p{L}\p{N}']+/gu) ?? [];
