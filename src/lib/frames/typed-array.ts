/** The binary values that cross the process wall as they are. */
export type TypedArray =
	| Int8Array
	| Uint8Array
	| Uint8ClampedArray
	| Int16Array
	| Uint16Array
	| Int32Array
	| Uint32Array
	| Float32Array
	| Float64Array
	| BigInt64Array
	| BigUint64Array;

export interface TypedArrayClass {
	readonly BYTES_PER_ELEMENT: number;
	new (buffer: ArrayBufferLike, byteOffset: number, length: number): TypedArray;
}

/** By the name each carries on the wire; all of them no stricter aligned than eight bytes. */
export const typedArrayClasses: ReadonlyMap<string, TypedArrayClass> = new Map<string, TypedArrayClass>([
	['Int8Array', Int8Array],
	['Uint8Array', Uint8Array],
	['Uint8ClampedArray', Uint8ClampedArray],
	['Int16Array', Int16Array],
	['Uint16Array', Uint16Array],
	['Int32Array', Int32Array],
	['Uint32Array', Uint32Array],
	['Float32Array', Float32Array],
	['Float64Array', Float64Array],
	['BigInt64Array', BigInt64Array],
	['BigUint64Array', BigUint64Array],
]);

export function isTypedArray(value: object): value is TypedArray {
	return ArrayBuffer.isView(value) && !(value instanceof DataView);
}

/** The name on the wire. A `Buffer` is a `Uint8Array`; the tag also holds across realms. */
export function typedArrayName(value: TypedArray): string {
	return value[Symbol.toStringTag];
}
