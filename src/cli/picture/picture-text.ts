import {resizePixels} from '../../media/picture/fit-pixels.ts';
import {isPng} from '../../media/picture/png-chunks.ts';
import {decodePng} from '../../media/picture/png.ts';
import {sniffPicture} from '../../media/picture/sniff-picture.ts';
import {blockCells, cellPixels, shownCells, type Cells} from './cells.ts';
import {halfBlocks} from './half-blocks.ts';
import {iterm2Picture} from './iterm2.ts';
import {kittyPicture} from './kitty.ts';
import {sixelPicture} from './sixel.ts';
import type {Graphics} from './terminal-graphics.ts';

/** What shows a PNG on a terminal, within its screen, with the cursor on the row below; empty where it shows none. */
export function pictureText(png: Uint8Array, graphics: Graphics, screen: Cells): string {
	if (graphics === null || !isPng(png)) return '';
	if (graphics === 'kitty' || graphics === 'iterm2') {
		const size = sniffPicture(png);
		if (size === null || size.width === 0) return '';
		const cells = shownCells(size, screen);
		return graphics === 'kitty' ? kittyPicture(png, cells) : iterm2Picture(png, cells);
	}
	const {pixels} = decodePng(png);
	if (graphics === 'sixel') {
		const {columns} = shownCells(pixels, screen);
		const width = columns * cellPixels.width;
		const height = Math.max(1, Math.round((width * pixels.height) / pixels.width));
		return sixelPicture(resizePixels(pixels, {width, height}));
	}
	return `${blockLines(png, graphics, screen).join('\n')}\n`;
}

/** The same in halves of cells, as lines; for what changes in place. */
export function blockLines(png: Uint8Array, graphics: 'blocks-16m' | 'blocks-256', screen: Cells): readonly string[] {
	const {pixels} = decodePng(png);
	return halfBlocks(pixels, blockCells(pixels, screen), graphics === 'blocks-16m' ? '16m' : '256');
}
