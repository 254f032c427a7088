/** Half-precision numbers as they lie in memory, or others, as 32-bit ones. 32-bit ones come back as they are, not copied. */
export function float32Of(data: ArrayLike<unknown> & object): Float32Array {
	if (data instanceof Float32Array) return data;
	if (data instanceof Uint16Array) {
		// Looking up is ten times faster than computing, and answers have millions of numbers.
		table ??= Float32Array.from({length: 65_536}, (_, bits) => half(bits));
		const known = table;
		return Float32Array.from(data, bits => known[bits] ?? 0);
	}
	if (ArrayBuffer.isView(data)) return Float32Array.from(Array.from(data, Number));
	throw new TypeError('these are no numbers');
}

let table: Float32Array | undefined;

function half(bits: number): number {
	const sign = bits & 0x8000 ? -1 : 1;
	const exponent = (bits >> 10) & 0x1f;
	const fraction = bits & 0x3ff;
	if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : Number.NaN;
	return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** 32-bit numbers as half-precision ones lie in memory, each the nearest, a tie to the even one. */
export function float16Of(values: Float32Array): Uint16Array<ArrayBuffer> {
	const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
	return Uint16Array.from(bits, toHalf);
}

function toHalf(bits: number): number {
	const sign = (bits >>> 16) & 0x8000;
	const rest = bits & 0x7fffffff;
	if (rest > 0x7f800000) return sign | 0x7e00;
	// From here on it is nearer to infinity than to the largest number.
	if (rest >= 0x477ff000) return sign | 0x7c00;
	if (rest >= 0x38800000) return sign | roundedShift(rest - 0x38000000, 13);
	// Too small for a leading one of its own.
	const shift = 126 - (rest >>> 23);
	return shift > 24 ? sign : sign | roundedShift((rest & 0x7fffff) | 0x800000, shift);
}

function roundedShift(value: number, shift: number): number {
	const cut = value & (2 ** shift - 1);
	const kept = value >>> shift;
	const half = 2 ** (shift - 1);
	return kept + (cut > half || (cut === half && kept % 2 === 1) ? 1 : 0);
}
