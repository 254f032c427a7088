import type {Pixels} from '../../media/picture/pixels.ts';
import {withPalette} from './palette.ts';

/** Registers that every terminal with sixels has, less the one that stands for what is not seen. */
const mostColors = 255;
/** Rows of pixels that one row of characters holds. */
const bandRows = 6;

/** A picture in sixels: bands of six rows, each colour of a band by itself. What is not seen stays as the screen is. */
export function sixelPicture(pixels: Pixels): string {
	const {palette, indexes} = withPalette(pixels, mostColors);
	const {width, height} = pixels;
	const colors = palette.map((color, index) => `#${index};2;${color.map(percent).join(';')}`).join('');
	const bands: string[] = [];
	for (let top = 0; top < height; top += bandRows) bands.push(band(indexes, palette.length, width, height, top));
	return `\u001BP0;1;0q"1;1;${width};${height}${colors}${bands.join('-')}\u001B\\\n`;
}

const percent = (value: number): number => Math.round((value * 100) / 255);

function band(indexes: Uint8Array, colors: number, width: number, height: number, top: number): string {
	const columns = new Map<number, Uint8Array>();
	for (let row = top; row < Math.min(height, top + bandRows); row++)
		for (let column = 0; column < width; column++) {
			const color = indexes[row * width + column] ?? 0;
			if (color >= colors) continue;
			const bits = columns.get(color) ?? new Uint8Array(width);
			bits[column] = (bits[column] ?? 0) | (1 << (row - top));
			columns.set(color, bits);
		}
	// Each colour begins at the left again.
	return [...columns].map(([color, bits]) => `#${color}${shortened(bits)}`).join('$');
}

/** `!5~` is shorter than `~~~~~`; nothing at the end of a row need not be said. */
function shortened(bits: Uint8Array): string {
	const end = bits.findLastIndex(value => value !== 0) + 1;
	let text = '';
	for (let at = 0; at < end;) {
		const value = bits[at] ?? 0;
		let count = 1;
		while (at + count < end && bits[at + count] === value) count++;
		const sign = String.fromCharCode(63 + value);
		text += count > 3 ? `!${count}${sign}` : sign.repeat(count);
		at += count;
	}
	return text;
}
