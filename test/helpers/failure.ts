/** What a call throws; undefined where it does not. */
export function failureOf(call: () => unknown): unknown {
	try {
		call();
	} catch (error) {
		return error;
	}
	return undefined;
}
