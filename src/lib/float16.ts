/** Half-precision numbers as they lie in memory, or others, as 32-bit ones. 32-bit ones come back as they are, not copied. */
export function float32Of(data: ArrayLike<unknown> & object): Float32Array {
	if (data instanceof Float32Array) return data;
	if (data instanceof Uint16Array) return Float32Array.from(data, half);
	if (ArrayBuffer.isView(data)) return Float32Array.from(Array.from(data, Number));
	throw new TypeError('these are no numbers');
}

function half(bits: number): number {
	const sign = bits & 0x8000 ? -1 : 1;
	const exponent = (bits >> 10) & 0x1f;
	const fraction = bits & 0x3ff;
	if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : Number.NaN;
	return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
