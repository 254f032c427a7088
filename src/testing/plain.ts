/** What may cross the wall to a runner: JSON's kinds, `undefined` and typed arrays. The path of the first thing that is none of them. */
export function firstForeign(value: unknown, path = ''): string | null {
	if (value === null || ['string', 'number', 'boolean', 'undefined', 'bigint'].includes(typeof value)) return null;
	if (typeof value !== 'object') return path;
	if (ArrayBuffer.isView(value)) return null;
	const prototype: unknown = Object.getPrototypeOf(value);
	if (!Array.isArray(value) && prototype !== Object.prototype && prototype !== null) return path;
	for (const [key, item] of Object.entries(value)) {
		const found = firstForeign(item, path === '' ? key : `${path}.${key}`);
		if (found !== null) return found;
	}
	return null;
}

/** The same text for the same events, but for the times that they took and what was remembered of an earlier request. */
export function fingerprint(events: readonly unknown[]): string {
	return JSON.stringify(events, (key, value: unknown) => {
		if (/Ms$|PerSecond$|^cachedTokens$/.test(key)) return undefined;
		return ArrayBuffer.isView(value)
			? Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64')
			: value;
	});
}
