import type {PairFrame} from './row-tokenizer.ts';

/** One row of tokens, as graphs of text take them. */
export interface PairRow {
	readonly ids: readonly number[];
	/** Which of the two texts each token is of. */
	readonly types: readonly number[];
	/** The second text did not fit as a whole. */
	readonly cut: boolean;
}

/** Tokens that are left for the second text beside the first; none or fewer where the first fills the row. Pure. */
export function roomBeside(first: readonly number[], {before, between, after}: PairFrame, longest: number): number {
	return longest - before.ids.length - first.length - between.ids.length - after.ids.length;
}

/** The first text as a whole, and of the second what there is room for. Pure. */
export function pairRow(
	first: readonly number[],
	second: readonly number[],
	frame: PairFrame,
	longest: number,
): PairRow {
	const room = Math.max(0, roomBeside(first, frame, longest));
	const kept = second.length > room ? second.slice(0, room) : second;
	const {before, between, after, types} = frame;
	return {
		ids: [...before.ids, ...first, ...between.ids, ...kept, ...after.ids],
		types: [
			...before.types,
			...first.map(() => types[0]),
			...between.types,
			...kept.map(() => types[1]),
			...after.types,
		],
		cut: kept.length < second.length,
	};
}
