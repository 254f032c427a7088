/** Full, half and empty cells of a bar; told apart without colour too. */
const unicodeCells = {full: '━', half: '╸', empty: '─'};
const asciiCells = {full: '=', half: '-', empty: '.'};

export interface Bar {
	readonly filled: string;
	readonly rest: string;
}

/** A bar of so many cells in its two parts, which may be coloured apart. */
export function bar(fraction: number, cells: number, unicode: boolean): Bar {
	const {full, half, empty} = unicode ? unicodeCells : asciiCells;
	const halves = Math.floor(Math.min(Math.max(fraction, 0), 1) * cells * 2);
	const filled = full.repeat(Math.floor(halves / 2)) + (halves % 2 === 1 ? half : '');
	return {filled, rest: empty.repeat(cells - filled.length)};
}
