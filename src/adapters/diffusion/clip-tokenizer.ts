/** What CLIP's pieces of a text are, before they are put together: marks, endings of English, words, digits, the rest. */
const pieces = String.raw`<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+`;
const start = '<|startoftext|>';
const end = '<|endoftext|>';

/**
 * The tokenizer of CLIP, in the form of `tokenizer.json`, from the two files that say what is its own: the numbers of its tokens,
 * and which of them join, best first. Pure.
 */
export function clipTokenizer(
	vocabulary: Readonly<Record<string, number>>,
	merges: string,
): Readonly<Record<string, unknown>> {
	const special = [start, end].filter(token => vocabulary[token] !== undefined);
	return {
		version: '1.0',
		truncation: null,
		padding: null,
		added_tokens: special.map(content => ({
			id: vocabulary[content],
			content,
			single_word: false,
			lstrip: false,
			rstrip: false,
			normalized: false,
			special: true,
		})),
		normalizer: {
			type: 'Sequence',
			normalizers: [
				{type: 'NFC'},
				{type: 'Replace', pattern: {Regex: String.raw`\s+`}, content: ' '},
				{type: 'Lowercase'},
			],
		},
		pre_tokenizer: {
			type: 'Sequence',
			pretokenizers: [
				{type: 'Split', pattern: {Regex: pieces}, behavior: 'Removed', invert: true},
				{type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: false},
			],
		},
		post_processor: {
			type: 'RobertaProcessing',
			sep: [end, vocabulary[end] ?? 0],
			cls: [start, vocabulary[start] ?? 0],
			trim_offsets: false,
			add_prefix_space: false,
		},
		decoder: {type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true},
		model: {
			type: 'BPE',
			dropout: null,
			unk_token: end,
			continuing_subword_prefix: '',
			end_of_word_suffix: '</w>',
			fuse_unk: false,
			vocab: vocabulary,
			merges: merges
				.split('\n')
				.filter(line => line !== '' && !line.startsWith('#version'))
				.map(line => line.trimEnd().split(' ')),
		},
	};
}
