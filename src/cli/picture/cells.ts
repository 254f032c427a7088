import {fittingSize, type Box} from '../../media/picture/fit-pixels.ts';

/** A size in cells of the terminal, which are about twice as high as wide. */
export interface Cells {
	readonly columns: number;
	readonly rows: number;
}

/** Of a cell, where the terminal does not say: the smallest that are common. */
export const cellPixels = {width: 8, height: 16} as const;
/** A picture of few pixels is shown larger than it is. */
const fewestColumns = 32;
/** What stands above a picture, and below it. */
const rowsBeside = 3;

/** How large a picture is shown by a protocol of pictures: as it is, within the screen. */
export function shownCells(picture: Box, screen: Cells): Cells {
	const columns = Math.min(screen.columns - 1, Math.max(fewestColumns, Math.ceil(picture.width / cellPixels.width)));
	return cellsOf(fittingSize(picture, {width: columns, height: 2 * Math.max(1, screen.rows - rowsBeside)}));
}

/** How large it is shown in halves of cells, each one pixel: as large as there is room for, and no larger than it is. */
export function blockCells(picture: Box, screen: Cells): Cells {
	const room = {width: Math.max(1, screen.columns - 1), height: 2 * Math.max(1, screen.rows - rowsBeside)};
	const fits = picture.width <= room.width && picture.height <= room.height;
	return cellsOf(fits ? picture : fittingSize(picture, room));
}

function cellsOf({width, height}: Box): Cells {
	return {columns: width, rows: Math.max(1, Math.ceil(height / 2))};
}
