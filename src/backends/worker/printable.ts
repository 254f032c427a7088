import {stripVTControlCharacters} from 'node:util';

export const maxLineLength = 2000;

/** What a runner says ends up in terminals, and a hostile file may have put its name or its metadata into it: one bounded line, no controls. */
export function printable(text: string): string {
	return stripVTControlCharacters(text.slice(0, 2 * maxLineLength))
		.replaceAll(/\p{Cc}+/gu, ' ')
		.slice(0, maxLineLength)
		.trimEnd();
}
