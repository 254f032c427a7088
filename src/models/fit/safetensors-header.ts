import {MofaError} from '../../contract/error.ts';
import type {ByteSource} from '../gguf/byte-source.ts';

/** What a safetensors file says of itself. Source: the format's own page, huggingface.co/docs/safetensors. */
export interface SafetensorsHeader {
	readonly parameters: number;
	/** Of the weights alone. */
	readonly bytes: number;
	/** The type most parameters have: `BF16`, `F16`, `F32`, `F8_E4M3`. */
	readonly type: string | null;
}

/** The format's own bound on the header. */
const largestHeader = 100_000_000;

/** Reads the JSON in front of the weights. Throws `model-invalid` for what is no safetensors file. */
export async function readSafetensorsHeader(source: ByteSource, name: string): Promise<SafetensorsHeader> {
	const refuse = (problem: string): MofaError => new MofaError('model-invalid', {model: name, problem});
	const size = await bytesOf(source, 0, 8);
	if (size.length < 8) throw refuse('it is shorter than a safetensors header');
	const length = Number(size.readBigUInt64LE());
	if (length > largestHeader) throw refuse('it is no safetensors file');
	const text = await bytesOf(source, 8, length);
	if (text.length < length) throw refuse('it ends in the middle of its header: the download was cut short');
	try {
		return summary(JSON.parse(text.toString('utf8')));
	} catch {
		throw refuse('its header is not the JSON of a safetensors file');
	}
}

async function bytesOf(source: ByteSource, position: number, length: number): Promise<Buffer> {
	const buffer = Buffer.alloc(length);
	const {bytesRead} = await source.read(buffer, 0, length, position);
	return buffer.subarray(0, bytesRead);
}

function summary(header: unknown): SafetensorsHeader {
	if (typeof header !== 'object' || header === null) throw new TypeError('no object');
	const byType = new Map<string, number>();
	let bytes = 0;
	for (const [key, tensor] of Object.entries(header as Record<string, unknown>)) {
		if (key === '__metadata__') continue;
		const {dtype, shape, data_offsets: offsets} = tensor as {dtype?: unknown; shape?: unknown; data_offsets?: unknown};
		if (typeof dtype !== 'string' || !isCounts(shape) || !isCounts(offsets)) throw new TypeError('no tensor');
		byType.set(dtype, (byType.get(dtype) ?? 0) + shape.reduce((product, size) => product * size, 1));
		bytes += Math.max(0, (offsets[1] ?? 0) - (offsets[0] ?? 0));
	}
	const [most] = [...byType].toSorted(([, a], [, b]) => b - a);
	return {parameters: [...byType.values()].reduce((sum, count) => sum + count, 0), bytes, type: most?.[0] ?? null};
}

function isCounts(value: unknown): value is readonly number[] {
	return Array.isArray(value) && value.every(item => Number.isSafeInteger(item) && item >= 0);
}
