export interface Span {
	readonly from: number;
	readonly to: number;
}

/** How much lies in at least one of the spans, whatever their order. */
export function coveredLength(spans: readonly Span[]): number {
	let covered = 0;
	let end = -Infinity;
	for (const {from, to} of spans.toSorted((one, other) => one.from - other.from)) {
		covered += Math.max(0, to - Math.max(from, end));
		end = Math.max(end, to);
	}
	return covered;
}
