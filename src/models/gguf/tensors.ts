import type {ByteReader} from './byte-reader.ts';
import {readText} from './metadata.ts';
import {Refused} from './refused.ts';
import {tensorTypes, type TensorType} from './tensor-types.ts';

export interface TensorSummary {
	readonly tensorCount: number;
	/** Elements of all tensors: what is called the parameters of a model. */
	readonly parameters: number;
	readonly tensorBytes: number;
	/** The type that most bytes are stored in. */
	readonly dominantType: string | null;
	/** Shapes of the tensors that tell whether the settings are true, by name. */
	readonly shapes: ReadonlyMap<string, readonly number[]>;
	/** Of the first tensor's bytes, in the file. */
	readonly dataOffset: number;
}

const mostTensors = 100_000;
const longestName = 256;
const mostDimensions = 4;
const telling: ReadonlySet<string> = new Set([
	'token_embd.weight',
	'output.weight',
	'output_norm.weight',
	'blk.0.attn_q.weight',
	'blk.0.ffn_down.weight',
]);

interface Extent {
	readonly name: string;
	readonly offset: number;
	readonly bytes: number;
}

/** Reads so many tensor descriptions, and checks that the bytes they claim are there and belong to one each. */
export async function readTensors(
	reader: ByteReader,
	count: number,
	alignment: number,
	fileBytes: number,
): Promise<TensorSummary> {
	if (count > mostTensors) throw new Refused(`its header claims ${count} tensors`);
	const extents: Extent[] = [];
	const shapes = new Map<string, readonly number[]>();
	const bytesByType = new Map<string, number>();
	let parameters = 0;
	for (let index = 0; index < count; index += 1) {
		const name = await readText(reader, longestName);
		const shape = await readShape(reader, name);
		const type = tensorTypes.get(await reader.u32());
		if (type === undefined)
			throw new Refused(`its tensor ${JSON.stringify(name)} is of a type this version does not know`);
		const elements = shape.reduce((product, length) => product * length, 1);
		const bytes = bytesOf(name, shape, type, elements);
		extents.push({name, bytes, offset: await reader.u64()});
		if (telling.has(name)) shapes.set(name, shape);
		bytesByType.set(type.name, (bytesByType.get(type.name) ?? 0) + bytes);
		parameters += elements;
	}
	const dataOffset = Math.ceil(reader.position / alignment) * alignment;
	checkExtents(extents, dataOffset, alignment, fileBytes);
	const dominant = [...bytesByType].toSorted((a, b) => b[1] - a[1])[0];
	return {
		tensorCount: count,
		parameters,
		tensorBytes: extents.reduce((sum, extent) => sum + extent.bytes, 0),
		dominantType: dominant?.[0] ?? null,
		shapes,
		dataOffset,
	};
}

async function readShape(reader: ByteReader, name: string): Promise<readonly number[]> {
	const dimensions = await reader.u32();
	if (dimensions > mostDimensions)
		throw new Refused(`its tensor ${JSON.stringify(name)} claims ${dimensions} dimensions`);
	const shape: number[] = [];
	for (let index = 0; index < dimensions; index += 1) shape.push(await reader.u64());
	if (shape.some(length => length === 0)) throw new Refused(`its tensor ${JSON.stringify(name)} is empty`);
	return shape;
}

function bytesOf(name: string, shape: readonly number[], type: TensorType, elements: number): number {
	if ((shape[0] ?? 1) % type.blockElements !== 0)
		throw new Refused(`its tensor ${JSON.stringify(name)} has rows of ${shape[0]}, which ${type.name} cannot hold`);
	const bytes = (elements / type.blockElements) * type.blockBytes;
	if (!Number.isSafeInteger(bytes))
		throw new Refused(`its tensor ${JSON.stringify(name)} claims more elements than there can be`);
	return bytes;
}

function checkExtents(extents: readonly Extent[], dataOffset: number, alignment: number, fileBytes: number): void {
	let end = 0;
	for (const {name, offset, bytes} of extents.toSorted((a, b) => a.offset - b.offset)) {
		if (offset % alignment !== 0)
			throw new Refused(`its tensor ${JSON.stringify(name)} does not begin where tensors begin`);
		if (offset < end) throw new Refused(`its tensor ${JSON.stringify(name)} lies over another`);
		end = offset + bytes;
	}
	const missing = dataOffset + end - fileBytes;
	if (extents.length > 0 && missing > 0)
		throw new Refused(`${missing} of its ${dataOffset + end} bytes are missing: the download was cut short`);
}
