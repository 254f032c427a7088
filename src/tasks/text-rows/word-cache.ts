/** Words that are remembered; all are forgotten when there are more. */
const mostWords = 20_000;
/** Characters of a word that is worth remembering. */
const longestWord = 64;

/**
 * The same tokens, with those of words that came before out of memory: turning text into tokens takes as long as a small
 * network takes to read them, and most words of a text are common. For tokenizers alone that look at each word between
 * spaces by itself.
 */
export function rememberWords(encode: (text: string) => readonly number[]): (text: string) => readonly number[] {
	const known = new Map<string, readonly number[]>();
	const tokensOf = (word: string): readonly number[] => {
		const found = known.get(word);
		if (found !== undefined) return found;
		const ids = encode(word);
		if (word.length > longestWord) return ids;
		if (known.size >= mostWords) known.clear();
		// A part of a text would keep the whole of it in memory.
		known.set(Buffer.from(word, 'utf16le').toString('utf16le'), ids);
		return ids;
	};
	return text => {
		const all: number[] = [];
		let from = 0;
		for (let at = 0; at <= text.length; at += 1) {
			if (at < text.length && !isSpace(text.charCodeAt(at))) continue;
			if (at > from) for (const id of tokensOf(text.slice(from, at))) all.push(id);
			from = at + 1;
		}
		return all;
	};
}

/** Other white space is for the tokenizer to judge: some of it splits words, and some is dropped from within them. */
const spaces = /[ \t\n\r]/;
const isSpace = (code: number): boolean => code === 0x20 || code === 0x09 || code === 0x0a || code === 0x0d;

/** Whether a `tokenizer.json` is of the kind that BERT brought, which splits at white space before all else. Pure. */
export function looksAtWords({normalizer, pre_tokenizer: splitter, added_tokens: added}: TokenizerParts): boolean {
	const typeOf = (part: unknown): unknown =>
		typeof part === 'object' && part !== null && 'type' in part ? part.type : undefined;
	return (
		typeOf(normalizer) === 'BertNormalizer' &&
		typeOf(splitter) === 'BertPreTokenizer' &&
		Array.isArray(added) &&
		added.every(token => !spaces.test(String((token as {readonly content?: unknown} | null)?.content)))
	);
}

interface TokenizerParts {
	readonly normalizer?: unknown;
	readonly pre_tokenizer?: unknown;
	readonly added_tokens?: unknown;
}
