/** Finds the first of some marks in a text that arrives in pieces. */

export type Find<T> =
	| {readonly found: T; readonly at: number}
	/** No mark; everything before `keep` can never be part of one. */
	| {readonly found?: never; readonly keep: number};

/**
 * The earliest mark; where two begin at the same place, the longest, which is waited for as long as more text may come.
 */
export function findMark<T extends {readonly mark: string}>(
	text: string,
	marks: readonly T[],
	ended: boolean,
): Find<T> {
	const starts = new Set(marks.map(({mark}) => mark[0]));
	for (let at = 0; at < text.length; at += 1) {
		if (!starts.has(text[at])) continue;
		const whole = longest(marks.filter(({mark}) => text.startsWith(mark, at)));
		const rest = text.slice(at);
		const growing = !ended && marks.some(({mark}) => mark.length > rest.length && mark.startsWith(rest));
		if (growing) return {keep: at};
		if (whole !== undefined) return {found: whole, at};
	}
	return {keep: text.length};
}

function longest<T extends {readonly mark: string}>(marks: readonly T[]): T | undefined {
	return marks.reduce<T | undefined>(
		(best, next) => (best && best.mark.length >= next.mark.length ? best : next),
		undefined,
	);
}
