/** The same numbers again and again, in one array. */
export function repeated(values: Float32Array, count: number): Float32Array {
	if (count === 1) return values;
	const all = new Float32Array(values.length * count);
	for (let at = 0; at < count; at += 1) all.set(values, at * values.length);
	return all;
}

export function joined(arrays: readonly Float32Array[]): Float32Array {
	const [first] = arrays;
	if (arrays.length === 1 && first !== undefined) return first;
	const all = new Float32Array(arrays.reduce((sum, {length}) => sum + length, 0));
	let at = 0;
	for (const array of arrays) {
		all.set(array, at);
		at += array.length;
	}
	return all;
}
