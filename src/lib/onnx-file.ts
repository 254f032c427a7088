export type ElementType = 'float32' | 'int64' | 'string';

export interface Value {
	readonly name: string;
	readonly type?: ElementType;
	/** A name where the size is open. */
	readonly shape: ReadonlyArray<number | string>;
}

export interface Node {
	readonly op: string;
	readonly inputs: readonly string[];
	readonly outputs: readonly string[];
	readonly domain?: string;
	/** Whole numbers, and rows of them. */
	readonly attributes?: Readonly<Record<string, number | readonly number[]>>;
}

export interface Weights {
	readonly name: string;
	readonly type?: ElementType;
	readonly shape: readonly number[];
	/** Little-endian, in the file. */
	readonly data?: Float32Array | BigInt64Array;
	/** In a file beside it. */
	readonly external?: {readonly location: string; readonly offset?: number; readonly length?: number};
}

export interface Graph {
	readonly inputs: readonly Value[];
	readonly outputs: readonly Value[];
	readonly nodes: readonly Node[];
	readonly weights?: readonly Weights[];
	readonly opset?: number;
	readonly format?: number;
}

const types: Readonly<Record<ElementType, number>> = {float32: 1, int64: 7, string: 8};

/** An ONNX file, written by hand: protobuf is tags, varints and lengths, and a small graph has a few of each. Pure. */
export function onnxFile({inputs, outputs, nodes, weights = [], opset = 13, format = 8}: Graph): Uint8Array {
	const graph = Buffer.concat([
		...nodes.map(node => message(1, nodeProto(node))),
		text(2, 'graph'),
		...weights.map(tensor => message(5, tensorProto(tensor))),
		...inputs.map(value => message(11, valueProto(value))),
		...outputs.map(value => message(12, valueProto(value))),
	]);
	return Buffer.concat([number(1, format), message(7, graph), message(8, number(2, opset))]);
}

function nodeProto({op, inputs, outputs, domain, attributes = {}}: Node): Buffer {
	return Buffer.concat([
		...inputs.map(name => text(1, name)),
		...outputs.map(name => text(2, name)),
		text(4, op),
		...Object.entries(attributes).map(([name, value]) => message(5, attributeProto(name, value))),
		...(domain === undefined ? [] : [text(7, domain)]),
	]);
}

function attributeProto(name: string, value: number | readonly number[]): Buffer {
	if (typeof value === 'number') return Buffer.concat([text(1, name), number(3, value), number(20, 2)]);
	return Buffer.concat([text(1, name), ...value.map(one => number(8, one)), number(20, 7)]);
}

function tensorProto({name, type = 'float32', shape, data, external}: Weights): Buffer {
	const entry = (key: string, value: string | number): Buffer =>
		message(13, Buffer.concat([text(1, key), text(2, String(value))]));
	return Buffer.concat([
		...shape.map(size => number(1, size)),
		number(2, types[type]),
		text(8, name),
		...(data === undefined ? [] : [message(9, Buffer.from(data.buffer, data.byteOffset, data.byteLength))]),
		...Object.entries(external ?? {}).map(([key, value]) => entry(key, value)),
		...(external === undefined ? [] : [number(14, 1)]),
	]);
}

function valueProto({name, type = 'float32', shape}: Value): Buffer {
	const sizes = shape.map(size => message(1, typeof size === 'number' ? number(1, size) : text(2, size)));
	const tensor = Buffer.concat([number(1, types[type]), message(2, Buffer.concat(sizes))]);
	return Buffer.concat([text(1, name), message(2, message(1, tensor))]);
}

function number(field: number, value: number): Buffer {
	return Buffer.concat([varint(field << 3), varint(value)]);
}

function text(field: number, value: string): Buffer {
	return message(field, Buffer.from(value));
}

function message(field: number, content: Uint8Array): Buffer {
	return Buffer.concat([varint((field << 3) | 2), varint(content.length), content]);
}

/** Negative numbers as 64 bits, as protobuf has them. */
function varint(value: number): Buffer {
	const bytes: number[] = [];
	let left = BigInt.asUintN(64, BigInt(value));
	while (left > 127n) {
		bytes.push(Number(left & 127n) | 128);
		left >>= 7n;
	}
	bytes.push(Number(left));
	return Buffer.from(bytes);
}
