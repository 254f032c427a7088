import type {Cells} from './cells.ts';

/** A PNG by the protocol of iTerm2, which others have too, as large as these cells. */
export function iterm2Picture(png: Uint8Array, {columns, rows}: Cells): string {
	const settings = ['inline=1', `size=${png.length}`, `width=${columns}`, `height=${rows}`, 'preserveAspectRatio=1'];
	return `\u001B]1337;File=${settings.join(';')}:${Buffer.from(png).toString('base64')}\u0007\n`;
}
