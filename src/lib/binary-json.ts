/** Typed arrays inside JSON: `{"$binary": "<base64, little-endian>", "type": "Float32Array"}`. */
const kinds = {Uint8Array, Int16Array, Int32Array, Float32Array, Float64Array} as const;

type Kind = keyof typeof kinds;

export function stringifyBinary(value: unknown, indent?: string): string {
	return JSON.stringify(value, replace, indent);
}

/** Puts the typed arrays back, in place. Throws what `invalid` makes of the path where one is malformed. */
export function reviveBinary(value: unknown, invalid: (path: string, expected: string) => Error): unknown {
	const root: Record<string, unknown> = {root: value};
	// A stack instead of recursion: the depth is the sender's choice.
	const rest: Array<{holder: Record<string, unknown>; path: string}> = [{holder: root, path: ''}];
	for (let entry = rest.pop(); entry !== undefined; entry = rest.pop()) {
		for (const key of Object.keys(entry.holder)) {
			const item = entry.holder[key];
			if (typeof item !== 'object' || item === null) continue;
			const path = entry.holder === root ? '' : entry.path === '' ? key : `${entry.path}.${key}`;
			const holder = item as Record<string, unknown>;
			if (Object.hasOwn(holder, '$binary')) entry.holder[key] = decode(holder, path, invalid);
			else rest.push({holder, path});
		}
	}
	return root['root'];
}

/** `this` is the holder: a `Buffer` has turned itself into plain JSON before the replacer sees it as `value`. */
function replace(this: unknown, key: string, value: unknown): unknown {
	const original = (this as Record<string, unknown>)[key];
	if (!ArrayBuffer.isView(original)) return value;
	const bytes = Buffer.from(original.buffer, original.byteOffset, original.byteLength);
	return {
		$binary: bytes.toString('base64'),
		type: Buffer.isBuffer(original) ? 'Uint8Array' : original.constructor.name,
	};
}

function decode(
	{$binary: text, type}: Readonly<Record<string, unknown>>,
	path: string,
	invalid: (path: string, expected: string) => Error,
): unknown {
	if (typeof type !== 'string' || !isKind(type)) throw invalid(path, `a type of ${Object.keys(kinds).join(', ')}`);
	if (typeof text !== 'string') throw invalid(path, 'base64 text');
	const bytes = Buffer.from(text, 'base64');
	const kind = kinds[type];
	if (bytes.length % kind.BYTES_PER_ELEMENT !== 0) throw invalid(path, `whole ${type} elements`);
	// A copy of its own: the pooled buffer may not be aligned for the element type.
	return new kind(new Uint8Array(bytes).buffer);
}

function isKind(type: string): type is Kind {
	return Object.hasOwn(kinds, type);
}
