/**
 * Tokens that a text makes at least, without making them: each stands for as many bytes of it as the longest of the
 * vocabulary at most. White space does not count, since some vocabularies drop or join it.
 */
export function fewestTokens(text: string, longestToken: number): number {
	return Math.ceil(writtenBytes(text) / Math.max(1, longestToken));
}

/** Bytes of UTF-8 that are no white space. */
function writtenBytes(text: string): number {
	let bytes = 0;
	for (let at = 0; at < text.length; at += 1) {
		const unit = text.charCodeAt(at);
		if (unit < 0x80) bytes += unit > 0x20 ? 1 : 0;
		else if (unit < 0x800) bytes += unit > 0xa0 ? 2 : 0;
		// Half of a pair stands for two bytes of four; spaces beyond Latin are few, and left out together.
		else if (unit >= 0xd800 && unit <= 0xdfff) bytes += 2;
		else if (unit < 0x2000 || (unit > 0x206f && unit !== 0x3000 && unit !== 0xfeff)) bytes += 3;
	}
	return bytes;
}

/**
 * Bytes of the longest token; infinite where a vocabulary cannot spell every byte, and so may leave out what it does not
 * know. `spellsBytes`: it falls back on bytes by its kind.
 */
export function longestToken(vocabulary: readonly string[], spellsBytes: boolean): number {
	const known = new Set(vocabulary);
	if (!spellsBytes && !writtenSymbols.every(symbol => known.has(symbol))) return Number.POSITIVE_INFINITY;
	return vocabulary.reduce((longest, token) => Math.max(longest, Buffer.byteLength(token)), 1);
}

/** How vocabularies of bytes, since GPT-2, write each byte that UTF-8 has and that is no white space or control. */
const writtenSymbols: readonly string[] = (() => {
	const symbols: string[] = [];
	let others = 0;
	for (let byte = 0; byte < 256; byte += 1) {
		const itself = (byte > 0x20 && byte < 0x7f) || (byte > 0xa0 && byte !== 0xad);
		const symbol = String.fromCharCode(itself ? byte : 0x100 + others);
		if (!itself) others += 1;
		if ((byte > 0x20 && byte < 0x7f) || (byte > 0x7f && byte < 0xc0) || (byte > 0xc1 && byte < 0xf5))
			symbols.push(symbol);
	}
	return symbols;
})();
