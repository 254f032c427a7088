import {resizePixels} from '../../media/picture/fit-pixels.ts';
import type {Pixels} from '../../media/picture/pixels.ts';
import type {Cells} from './cells.ts';

type Color = readonly [number, number, number];

/**
 * One line for each row of cells: the upper half of a cell is one pixel, the lower half another. What is not seen stays
 * as the screen is. Each line ends with the colours it began with.
 */
export function halfBlocks(pixels: Pixels, {columns, rows}: Cells, colors: '16m' | '256'): readonly string[] {
	// A row of an odd height has only its upper half.
	const height = Math.min(rows * 2, Math.max(1, Math.round((columns * pixels.height) / pixels.width)));
	const small = resizePixels(pixels, {width: columns, height});
	const code = colors === '16m' ? trueColor : color256;
	return Array.from({length: rows}, (_, row) => {
		let line = '';
		let last = '';
		for (let column = 0; column < columns; column++) {
			const {style, sign} = cell(colorAt(small, column, row * 2), colorAt(small, column, row * 2 + 1), code);
			if (style !== last) line += `\u001B[${style}m`;
			last = style;
			line += sign;
		}
		return `${line}\u001B[0m`;
	});
}

interface Cell {
	readonly style: string;
	readonly sign: string;
}

function cell(upper: Color | null, lower: Color | null, code: (color: Color) => string): Cell {
	if (upper === null && lower === null) return {style: '0', sign: ' '};
	if (upper === null) return {style: lower === null ? '0' : `0;38;${code(lower)}`, sign: '▄'};
	if (lower === null) return {style: `0;38;${code(upper)}`, sign: '▀'};
	return {style: `38;${code(upper)};48;${code(lower)}`, sign: '▀'};
}

/** Null where nothing is seen. */
function colorAt({data, width, height, channels}: Pixels, column: number, row: number): Color | null {
	const at = (row * width + column) * channels;
	if (row >= height || (channels === 4 && (data[at + 3] ?? 0) < 128)) return null;
	return [data[at] ?? 0, data[at + 1] ?? 0, data[at + 2] ?? 0];
}

const trueColor = ([red, green, blue]: Color): string => `2;${red};${green};${blue}`;

/** The levels of the cube of 216 colours in the palette that terminals share. */
const levels = [0, 95, 135, 175, 215, 255];

/** The nearest of that cube and of the greys beside it. */
function color256(color: Color): string {
	const cube = color.map(nearestLevel);
	const cubeColor: Color = [levels[cube[0] ?? 0] ?? 0, levels[cube[1] ?? 0] ?? 0, levels[cube[2] ?? 0] ?? 0];
	const mean = (color[0] + color[1] + color[2]) / 3;
	const grey = Math.max(0, Math.min(23, Math.round((mean - 8) / 10)));
	const shade = 8 + 10 * grey;
	const isGrey = distance(color, [shade, shade, shade]) < distance(color, cubeColor);
	return `5;${isGrey ? 232 + grey : 16 + 36 * (cube[0] ?? 0) + 6 * (cube[1] ?? 0) + (cube[2] ?? 0)}`;
}

function nearestLevel(value: number): number {
	return levels.reduce(
		(best, level, at) => (Math.abs(level - value) < Math.abs((levels[best] ?? 0) - value) ? at : best),
		0,
	);
}

function distance(a: Color, b: Color): number {
	return (a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2 + (a[2] - b[2]) ** 2;
}
