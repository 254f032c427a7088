/** Scalars of a GGUF file's header. */
export type Header = Readonly<Record<string, unknown>>;

export interface ContextShape {
	/** Tokens of each slot. */
	readonly contextLength: number;
	readonly slots: number;
	/** Tokens computed at once at most. */
	readonly batchSize: number;
}

/** What the settings leave open. */
export interface ContextWish {
	readonly contextLength?: number | undefined;
	readonly slots?: number | undefined;
}

const defaultContextLength = 4096;
const defaultSlots = 4;
/** llama.cpp allots cells in steps of this many. */
const cellStep = 256;
/** Of the pool, what weights and context together may take before slots are given up. */
const comfortable = 0.6;
/** Keys and values may take this much, or a quarter of the weights, before slots are given up that nobody asked for. */
const modest = 2 ** 30;

/** Where the context will lie. */
export interface Pool {
	readonly bytes: number;
	/** An accelerator needs large batches to be busy; a processor is with a few dozen tokens. */
	readonly accelerated: boolean;
}

/** Context and slots to allot: as asked for, else modest, and fewer slots where memory is short. */
export function shapeContext(header: Header, wish: ContextWish, weights: number, pool: Pool): ContextShape {
	const trained = numberOf(header, 'context_length');
	const contextLength = wish.contextLength ?? Math.min(trained ?? defaultContextLength, defaultContextLength);
	const shapeOf = (slots: number): ContextShape => ({
		contextLength,
		slots,
		batchSize: Math.max(slots, Math.min(pool.accelerated ? 512 : 256, contextLength * slots)),
	});
	const tooMuch = (shape: ContextShape): boolean =>
		keyValueBytes(header, shape) > Math.max(modest, weights / 4) ||
		weights + contextBytes(header, shape) > pool.bytes * comfortable;
	let slots = wish.slots ?? defaultSlots;
	while (wish.slots === undefined && slots > 1 && tooMuch(shapeOf(slots))) slots /= 2;
	return shapeOf(slots);
}

/** Keys and values of every layer as 16-bit floats, and the room for one batch of computation. */
export function contextBytes(header: Header, shape: ContextShape): number {
	return keyValueBytes(header, shape) + computeBytes(header, shape);
}

function keyValueBytes(header: Header, {contextLength, slots}: ContextShape): number {
	const layers = numberOf(header, 'block_count') ?? 0;
	const width = numberOf(header, 'embedding_length') ?? 0;
	const heads = numberOf(header, 'attention.head_count') ?? 1;
	const keyValueHeads = numberOf(header, 'attention.head_count_kv') ?? heads;
	const headWidth = heads > 0 ? width / heads : 0;
	const keys = numberOf(header, 'attention.key_length') ?? headWidth;
	const values = numberOf(header, 'attention.value_length') ?? headWidth;
	const cells = Math.ceil(contextLength / cellStep) * cellStep * slots;
	return 2 * layers * keyValueHeads * (keys + values) * cells;
}

/** Logits and the widest activations of one batch. */
function computeBytes(header: Header, {batchSize}: ContextShape): number {
	const width = numberOf(header, 'embedding_length') ?? 0;
	const vocabulary = numberOf(header, 'vocab_size') ?? 32_000;
	const forward = numberOf(header, 'feed_forward_length') ?? width * 4;
	return 4 * batchSize * (vocabulary + width + forward);
}

/**
 * Whether llama.cpp rearranges these weights for the processor as it loads them. It keeps the copy, so reading the
 * file is better than mapping it: the pages would stay beside the copy.
 */
export function isRearranged(quantization: string | undefined): boolean {
	return /^(Q4_0|Q4_K|IQ4_NL|Q2_K|MXFP4)/i.test(quantization ?? '');
}

/** Weights in memory: what is looked up and multiplied both, like tied embeddings, lies there in both arrangements. */
export function weightMemory(fileBytes: number, quantization: string | undefined): number {
	return isRearranged(quantization) ? fileBytes * 1.25 : fileBytes;
}

/** A fact of the file's own architecture: `llama.block_count` is asked for as `block_count`. */
export function numberOf(header: Header, key: string): number | undefined {
	const value = header[`${String(header['general.architecture'])}.${key}`];
	return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : undefined;
}
