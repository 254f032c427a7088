import type {Cells} from './cells.ts';

/** Base64 in one escape sequence, as the protocol wants it. */
const chunkLength = 4096;

/**
 * A PNG by the graphics protocol of kitty, as large as these cells. It is told to answer nothing: an answer would be
 * taken for something typed.
 */
export function kittyPicture(png: Uint8Array, {columns, rows}: Cells): string {
	const content = Buffer.from(png).toString('base64');
	const parts: string[] = [];
	for (let at = 0; at < content.length; at += chunkLength) {
		const more = at + chunkLength < content.length ? 1 : 0;
		const settings = at === 0 ? `a=T,f=100,q=2,c=${columns},r=${rows},m=${more}` : `q=2,m=${more}`;
		parts.push(`\u001B_G${settings};${content.slice(at, at + chunkLength)}\u001B\\`);
	}
	return `${parts.join('')}\n`;
}
