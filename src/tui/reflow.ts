import type {Frame} from './frame.ts';
import {lineWidth} from './styled-text.ts';

/**
 * A narrower terminal has folded the rows of the frame before anyone hears of it, so the frame is taller than the
 * renderer remembers. These sequences erase what is really there and put the cursor where the renderer believes it is.
 */
export function reanchor({lines, cursor}: Frame, columns: number): string {
	if (lines.length === 0) return '';
	const folded = (index: number): number => Math.max(1, Math.ceil(lineWidth(lines[index] ?? []) / columns));
	// Without a cursor of its own the renderer rests on the row below the frame.
	const row = cursor?.y ?? lines.length;
	const above = lines.slice(0, row).reduce((rows, _, index) => rows + folded(index), 0);
	const within = cursor === undefined ? 0 : Math.floor(cursor.x / columns);
	const up = above + within;
	const toTop = `${up > 0 ? `\u001B[${up}A` : ''}\r\u001B[J`;
	const back = lines.length - row;
	return `${toTop}${'\n'.repeat(lines.length)}${back > 0 ? `\u001B[${back}A` : ''}`;
}
