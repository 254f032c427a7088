/**
 * Text that comes from a model, a file or a server may hold escape sequences: they could rename the window,
 * write to the clipboard or hide what was said. Every control character becomes a picture of itself, one by one,
 * so it does not matter how a sequence was cut into pieces on its way here. Line breaks and tabs stay.
 */
export function harmlessText(text: string): string {
	return suspicious.test(text) ? text.replaceAll(suspiciousAll, picture) : text;
}

/** C0 without tab and newline, DEL, C1, and the marks that reorder text to the eye. */
const characters = String.raw`\u0000-\u0008\u000B-\u001F\u007F-\u009F\u200E\u200F\u202A-\u202E\u2066-\u2069\uFEFF`;
const suspicious = new RegExp(`[${characters}]`, 'u');
const suspiciousAll = new RegExp(`[${characters}]`, 'gu');

function picture(character: string): string {
	const code = character.codePointAt(0) ?? 0;
	if (character === '\r') return '';
	if (code < 0x20) return String.fromCodePoint(0x24_00 + code);
	if (code === 0x7f) return '\u2421';
	return code < 0xa0 ? '\uFFFD' : '';
}
