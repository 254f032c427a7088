import type {MetadataValue} from './metadata.ts';
import {Refused} from './refused.ts';
import type {TensorSummary} from './tensors.ts';

interface CheckedHeader extends TensorSummary {
	readonly metadata: ReadonlyMap<string, MetadataValue>;
}

/** Settings that must be whole numbers above zero where they stand: native code divides by them. */
const positive = [
	'block_count',
	'embedding_length',
	'context_length',
	'feed_forward_length',
	'attention.head_count',
	'attention.head_count_kv',
	'attention.key_length',
	'attention.value_length',
	'rope.dimension_count',
	'vocab_size',
];

/** Settings that models without attention leave out or set to zero. */
const mayBeZero: ReadonlyMap<string, readonly RegExp[]> = new Map([
	['attention.head_count', [/mamba/, /rwkv/, /arwkv/]],
	['attention.head_count_kv', [/mamba/, /rwkv/, /arwkv/]],
	['feed_forward_length', [/mamba/, /rwkv/]],
]);

const largestCount = 2 ** 31 - 1;

/** Holds the settings against each other and against the tensors. Throws `Refused`; what it does not know it lets pass. */
export function checkHeader({metadata, shapes, tensorCount}: CheckedHeader): void {
	const part = metadata.get('split.no');
	const parts = metadata.get('split.count') ?? 1;
	if (typeof part === 'number' && part > 0)
		throw new Refused(
			`it is part ${part + 1} of ${String(parts)}: open the first part, and the others beside it follow`,
		);
	const architecture = metadata.get('general.architecture');
	if (typeof architecture !== 'string' || architecture === '')
		throw new Refused('its header does not say which architecture it is');
	// The first part of a split model may hold the header alone.
	if (tensorCount === 0 && !(Number(parts) > 1)) throw new Refused('it holds no weights, only a vocabulary');
	for (const key of positive) checkPositive(metadata, architecture, key);
	checkPresent(metadata, architecture, shapes);
	checkPooling(metadata, architecture);
	checkFinite(metadata);
	checkHeads(metadata, architecture);
	checkVocabulary(metadata, architecture, shapes);
}

function checkPositive(metadata: ReadonlyMap<string, MetadataValue>, architecture: string, key: string): void {
	const value = metadata.get(`${architecture}.${key}`);
	if (value === undefined || typeof value === 'object') return;
	const zeroIsFine = value === 0 && mayBeZero.get(key)?.some(pattern => pattern.test(architecture));
	if (zeroIsFine) return;
	if (typeof value !== 'number' || !Number.isInteger(value) || value <= 0 || value > largestCount)
		throw new Refused(`its ${key} is ${JSON.stringify(value)}`);
}

/** Settings that a tensor cannot do without, though llama.cpp takes them for zero and then ends the process. */
const neededBy: ReadonlyMap<string, string> = new Map([
	['blk.0.attn_q.weight', 'attention.head_count'],
	['blk.0.ffn_down.weight', 'feed_forward_length'],
]);

function checkPresent(
	metadata: ReadonlyMap<string, MetadataValue>,
	architecture: string,
	shapes: ReadonlyMap<string, readonly number[]>,
): void {
	for (const [tensor, key] of neededBy)
		if (shapes.has(tensor) && !metadata.has(`${architecture}.${key}`))
			throw new Refused(`its header does not say its ${key}`);
}

/** Of the ways that llama.cpp numbers, another ends the process. */
function checkPooling(metadata: ReadonlyMap<string, MetadataValue>, architecture: string): void {
	const pooling = metadata.get(`${architecture}.pooling_type`);
	if (pooling !== undefined && ![0, 1, 2, 3, 4].includes(Number(pooling)))
		throw new Refused(`its pooling_type is ${JSON.stringify(pooling)}`);
}

function checkFinite(metadata: ReadonlyMap<string, MetadataValue>): void {
	for (const [key, value] of metadata)
		if (typeof value === 'number' && !Number.isFinite(value)) throw new Refused(`its ${key} is not a number`);
}

function checkHeads(metadata: ReadonlyMap<string, MetadataValue>, architecture: string): void {
	const number = (key: string): number | undefined => {
		const value = metadata.get(`${architecture}.${key}`);
		return typeof value === 'number' ? value : undefined;
	};
	const heads = number('attention.head_count');
	const embedding = number('embedding_length');
	const keyValueHeads = number('attention.head_count_kv');
	if (heads === undefined || embedding === undefined || heads === 0) return;
	if (number('attention.key_length') === undefined && embedding % heads !== 0)
		throw new Refused(`its embedding of ${embedding} cannot be shared by ${heads} heads`);
	if (keyValueHeads !== undefined && keyValueHeads > 0 && heads % keyValueHeads !== 0)
		throw new Refused(`its ${heads} heads cannot share ${keyValueHeads} key-value heads`);
}

function checkVocabulary(
	metadata: ReadonlyMap<string, MetadataValue>,
	architecture: string,
	shapes: ReadonlyMap<string, readonly number[]>,
): void {
	const [width, rows] = shapes.get('token_embd.weight') ?? [];
	const embedding = metadata.get(`${architecture}.embedding_length`);
	if (width !== undefined && typeof embedding === 'number' && width !== embedding)
		throw new Refused(`its token embedding is ${width} wide and its header says ${embedding}`);
	const tokens = metadata.get('tokenizer.ggml.tokens');
	if (rows !== undefined && typeof tokens === 'object' && tokens.length !== rows)
		throw new Refused(`it has ${tokens.length} tokens and embeddings for ${rows}`);
	for (const key of ['scores', 'token_type']) {
		const list = metadata.get(`tokenizer.ggml.${key}`);
		// llama.cpp reads one for each token and does not ask how many there are.
		if (typeof list === 'object' && typeof tokens === 'object' && list.length !== tokens.length)
			throw new Refused(`it has ${tokens.length} tokens and ${list.length} entries in ${key}`);
	}
	for (const key of ['bos_token_id', 'eos_token_id', 'unknown_token_id', 'padding_token_id']) {
		const id = metadata.get(`tokenizer.ggml.${key}`);
		if (typeof id === 'number' && rows !== undefined && id >= rows && id !== 0xffffffff)
			throw new Refused(`its ${key} is ${id}, and it has ${rows} tokens`);
	}
}
