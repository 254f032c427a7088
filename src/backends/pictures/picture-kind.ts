/** What decodes them, by the name of the format. */
export type PictureKind = 'png' | 'jpeg' | 'gif' | 'webp' | 'avif' | 'heic' | 'tiff' | 'bmp' | 'svg' | 'pdf';

/** Kinds that are decoded here. Drawings in words, such as SVG, are programs rather than pictures. */
export const readable: ReadonlySet<PictureKind> = new Set(['png', 'jpeg', 'gif', 'webp', 'avif', 'tiff']);

const starts: ReadonlyArray<readonly [RegExp, PictureKind]> = [
	[/^\x89PNG\r\n/, 'png'],
	[/^\xff\xd8\xff/, 'jpeg'],
	[/^GIF8[79]a/, 'gif'],
	[/^RIFF[^]{4}WEBP/, 'webp'],
	[/^[^]{4}ftyp(avif|avis)/, 'avif'],
	// A container of several formats, named by the first or by one of the others it says it is compatible with.
	[/^[^]{4}ftyp(mif1|msf1)[^]{0,40}(avif|avis)/, 'avif'],
	[/^[^]{4}ftyp(hei[cxms]|hev[cxms]|mif1|msf1)/, 'heic'],
	[/^(II\*\0|MM\0\*)/, 'tiff'],
	[/^BM[^]{4}\0\0\0\0/, 'bmp'],
	[/^%PDF-/, 'pdf'],
	[/^(\xef\xbb\xbf)?\s*(<\?xml[^]*|<!--[^]*|<!DOCTYPE[^]*)?<svg[\s>]/i, 'svg'],
];

/** By its first bytes; whatever its name or media type says. Null for what is no picture known here. Pure. */
export function pictureKind(bytes: Uint8Array): PictureKind | null {
	const text = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 1024)).toString('latin1');
	return starts.find(([start]) => start.test(text))?.[1] ?? null;
}
