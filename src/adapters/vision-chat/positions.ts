import type {VisionFamily} from './families.ts';

/** Where a picture stands in a prompt, and its patches. */
export interface PlacedGrid {
	/** The first of its rows. */
	readonly at: number;
	readonly rows: number;
	/** Patches in time, down and across; absent: its rows follow each other like words. */
	readonly grid?: readonly [number, number, number];
}

export interface Positions {
	/** One list, or three where a place has time, height and width; a number for each token of the prompt. */
	readonly axes: ReadonlyArray<readonly number[]>;
	/** Of the first token after the prompt, on every axis. */
	readonly next: number;
}

/**
 * How the tokens of a prompt are counted. Pure. Words count one by one on every axis; the patches of a picture share one
 * moment and count by their place in it, and what follows begins after the larger side.
 */
export function positionsOf(
	length: number,
	pictures: readonly PlacedGrid[],
	mergeSize: number,
	kind: VisionFamily['positions'],
): Positions {
	if (kind !== 'three-axes') {
		const first = kind === 'from-one' ? 1 : 0;
		return {axes: [Array.from({length}, (_, index) => first + index)], next: first + length};
	}
	const axes: [number[], number[], number[]] = [[], [], []];
	let next = 0;
	let at = 0;
	const words = (until: number): void => {
		for (; at < until; at += 1, next += 1) for (const axis of axes) axis.push(next);
	};
	for (const {at: begins, rows, grid} of pictures) {
		words(begins);
		if (grid === undefined) continue;
		const [time, down, across] = [grid[0], Math.floor(grid[1] / mergeSize), Math.floor(grid[2] / mergeSize)];
		for (let row = 0; row < rows; row += 1) {
			axes[0].push(next + Math.floor(row / (down * across)));
			axes[1].push(next + (Math.floor(row / across) % down));
			axes[2].push(next + (row % across));
		}
		at += rows;
		next += Math.max(time, down, across);
	}
	words(length);
	return {axes, next};
}
