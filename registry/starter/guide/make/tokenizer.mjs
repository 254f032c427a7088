/**
 * Byte-level BPE, as llama.cpp's "gpt2" tokenizer with the "qwen2" way of cutting text into words has it. Trained here,
 * so that the corpus and the GGUF agree; evaluate.mjs checks that llama.cpp cuts the corpus into the same tokens.
 */
const words = /'(?:[sS]|[tT]|[rR][eE]|[vV][eE]|[mM]|[lL][lL]|[dD])|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+/gu;

/** Never cut; `control` tokens are read as text where they come from a user. */
export const special = [
	{text: '<|endoftext|>', control: true},
	{text: '<|im_start|>', control: true},
	{text: '<|im_end|>', control: true},
	{text: '<tool_call>', control: false},
	{text: '</tool_call>', control: false},
	{text: '<tool_response>', control: false},
	{text: '</tool_response>', control: false},
];
const specials = new RegExp(`(${special.map(({text}) => text.replace(/[|/]/g, '\\$&')).join('|')})`);

/** Each byte as the printable character that stands for it in the vocabulary. */
const characters = (() => {
	const keep = byte => (byte > 32 && byte < 127) || (byte > 160 && byte < 173) || byte > 173;
	let moved = 256;
	return Array.from({length: 256}, (_, byte) => String.fromCodePoint(keep(byte) ? byte : moved++));
})();

const encoder = new TextEncoder();
const toSymbols = word => [...encoder.encode(word)].map(byte => characters[byte]);

/** `counted`: text and how often it is there. Ties are broken by spelling, so the result never depends on order. */
export function trainTokenizer(counted, size) {
	const counts = new Map();
	for (const [text, count] of counted)
		for (const piece of text.split(specials))
			if (!special.some(({text}) => text === piece))
				for (const [word] of piece.matchAll(words)) counts.set(word, (counts.get(word) ?? 0) + count);
	const entries = [...counts].filter(([, count]) => count >= 3).map(([word, count]) => ({symbols: toSymbols(word), count}));
	const merges = [];
	const room = size - 256 - special.length;
	const pairs = new Map();
	const note = (entry, sign) => {
		for (let i = 0; i + 1 < entry.symbols.length; i++) {
			const key = `${entry.symbols[i]} ${entry.symbols[i + 1]}`;
			let pair = pairs.get(key);
			if (!pair) pairs.set(key, (pair = {count: 0, entries: new Set()}));
			pair.count += sign * entry.count;
			if (sign > 0) pair.entries.add(entry);
		}
	};
	for (const entry of entries) note(entry, 1);
	while (merges.length < room) {
		let best;
		let bestCount = 0;
		for (const [key, {count}] of pairs)
			if (count > bestCount || (count === bestCount && count > 0 && key < best)) [best, bestCount] = [key, count];
		if (best === undefined) break;
		merges.push(best);
		const [left, right] = best.split(' ');
		for (const entry of pairs.get(best).entries) {
			note(entry, -1);
			entry.symbols = join(entry.symbols, left, right);
			note(entry, 1);
		}
		pairs.delete(best);
	}
	const tokens = [...characters, ...merges.map(merge => merge.replace(' ', '')), ...special.map(({text}) => text)];
	return {tokens, merges};
}

function join(symbols, left, right) {
	const out = [];
	for (let i = 0; i < symbols.length; i++) {
		if (symbols[i] === left && symbols[i + 1] === right) out.push(left + symbols[++i]);
		else out.push(symbols[i]);
	}
	return out;
}

export function tokenizer({tokens, merges}) {
	const ids = new Map(tokens.map((token, id) => [token, id]));
	const ranks = new Map(merges.map((merge, rank) => [merge, rank]));
	const cache = new Map();
	const encodeWord = word => {
		const known = cache.get(word);
		if (known) return known;
		let symbols = toSymbols(word);
		for (;;) {
			let best = Infinity;
			let at = -1;
			for (let i = 0; i + 1 < symbols.length; i++) {
				const rank = ranks.get(`${symbols[i]} ${symbols[i + 1]}`);
				if (rank !== undefined && rank < best) [best, at] = [rank, i];
			}
			if (at < 0) break;
			symbols = join(symbols, symbols[at], symbols[at + 1]);
		}
		const out = symbols.map(symbol => ids.get(symbol));
		cache.set(word, out);
		return out;
	};
	return {
		encode: text =>
			text.split(specials).flatMap(piece => {
				if (special.some(({text}) => text === piece)) return [ids.get(piece)];
				return [...piece.matchAll(words)].flatMap(([word]) => encodeWord(word));
			}),
	};
}
