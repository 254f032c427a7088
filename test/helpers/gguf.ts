/** Writes small GGUF files, whole or damaged on purpose. */

export type GgufValue =
	| {readonly type: 'u32' | 'i32' | 'f32' | 'u64'; readonly value: number}
	| {readonly type: 'bool'; readonly value: boolean}
	| {readonly type: 'string'; readonly value: string}
	| {readonly type: 'strings'; readonly value: readonly string[]};

export interface GgufTensor {
	readonly name: string;
	readonly shape: readonly number[];
	/** ggml type; 0 is F32. */
	readonly type?: number;
	/** Where it claims to begin; absent: after the one before. */
	readonly offset?: number;
}

export interface GgufSource {
	readonly version?: number;
	readonly metadata: Readonly<Record<string, GgufValue>>;
	readonly tensors: readonly GgufTensor[];
	/** Counts to claim in place of the true ones. */
	readonly claimedTensors?: number;
	readonly claimedMetadata?: number;
}

const types = {u32: 4, i32: 5, f32: 6, bool: 7, string: 8, strings: 9, u64: 10} as const;
const alignment = 32;

export function writeGguf({version = 3, metadata, tensors, claimedTensors, claimedMetadata}: GgufSource): Buffer {
	const parts: Buffer[] = [
		Buffer.from('GGUF'),
		u32(version),
		u64(claimedTensors ?? tensors.length),
		u64(claimedMetadata ?? Object.keys(metadata).length),
	];
	for (const [key, entry] of Object.entries(metadata)) parts.push(text(key), u32(types[entry.type]), valueOf(entry));
	let offset = 0;
	for (const tensor of tensors) {
		parts.push(
			text(tensor.name),
			u32(tensor.shape.length),
			...tensor.shape.map(u64),
			u32(tensor.type ?? 0),
			u64(tensor.offset ?? offset),
		);
		offset += Math.ceil((4 * tensor.shape.reduce((product, length) => product * length, 1)) / alignment) * alignment;
	}
	const header = Buffer.concat(parts);
	return Buffer.concat([
		header,
		Buffer.alloc((alignment - (header.length % alignment)) % alignment),
		Buffer.alloc(offset),
	]);
}

/** A header that holds together: a llama of one block and four tokens. */
export const tinyLlama: GgufSource = {
	metadata: {
		'general.architecture': {type: 'string', value: 'llama'},
		'general.file_type': {type: 'u32', value: 0},
		'general.license': {type: 'string', value: 'mit'},
		'llama.context_length': {type: 'u32', value: 64},
		'llama.embedding_length': {type: 'u32', value: 8},
		'llama.block_count': {type: 'u32', value: 1},
		'llama.attention.head_count': {type: 'u32', value: 2},
		'tokenizer.ggml.model': {type: 'string', value: 'llama'},
		'tokenizer.ggml.tokens': {type: 'strings', value: ['<unk>', '<s>', '</s>', 'a']},
		'tokenizer.ggml.eos_token_id': {type: 'u32', value: 2},
	},
	tensors: [
		{name: 'token_embd.weight', shape: [8, 4]},
		{name: 'output_norm.weight', shape: [8]},
	],
};

/** The tiny llama with some of its settings replaced, or taken out by null. */
export function alteredLlama(
	changes: Readonly<Record<string, GgufValue | null>>,
	tensors: readonly GgufTensor[] = tinyLlama.tensors,
): Buffer {
	const metadata = Object.entries({...tinyLlama.metadata, ...changes}).filter(
		(entry): entry is [string, GgufValue] => entry[1] !== null,
	);
	return writeGguf({metadata: Object.fromEntries(metadata), tensors});
}

function valueOf(entry: GgufValue): Buffer {
	switch (entry.type) {
		case 'u32':
			return u32(entry.value);
		case 'u64':
			return u64(entry.value);
		case 'bool':
			return Buffer.from([entry.value ? 1 : 0]);
		case 'string':
			return text(entry.value);
		case 'strings':
			return Buffer.concat([u32(types.string), u64(entry.value.length), ...entry.value.map(text)]);
		case 'i32': {
			const bytes = Buffer.alloc(4);
			bytes.writeInt32LE(entry.value);
			return bytes;
		}
		case 'f32': {
			const bytes = Buffer.alloc(4);
			bytes.writeFloatLE(entry.value);
			return bytes;
		}
	}
}

function u32(value: number): Buffer {
	const bytes = Buffer.alloc(4);
	bytes.writeUInt32LE(value);
	return bytes;
}

function u64(value: number): Buffer {
	const bytes = Buffer.alloc(8);
	bytes.writeBigUInt64LE(BigInt(value));
	return bytes;
}

const text = (value: string): Buffer => Buffer.concat([u64(Buffer.byteLength(value)), Buffer.from(value)]);
