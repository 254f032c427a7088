/** Something that was said, and when, in seconds from the beginning. */
export interface Cue {
	readonly text: string;
	readonly start: number;
	readonly end: number;
}

/** `srt` SubRip, `vtt` WebVTT, `tsv` a line for each with milliseconds. */
export type CaptionFormat = 'srt' | 'vtt' | 'tsv';

/** A cue for each segment, or for each word where the segments tell their words. */
export function cuesOf(segments: readonly (Cue & {readonly words?: readonly Cue[]})[], words: boolean): readonly Cue[] {
	return words ? segments.flatMap(segment => segment.words ?? [segment]) : segments;
}

/** A whole file. */
export function captions(format: CaptionFormat, cues: readonly Cue[]): string {
	return captionHead(format) + cues.map((cue, index) => caption(format, cue, index)).join('');
}

/** What stands before the first cue. */
export function captionHead(format: CaptionFormat): string {
	return format === 'vtt' ? 'WEBVTT\n\n' : format === 'tsv' ? 'start\tend\ttext\n' : '';
}

/** One cue as it stands in the file; `index` counts from nought. An end before the start is taken for the start. */
export function caption(format: CaptionFormat, cue: Cue, index: number): string {
	const start = milliseconds(cue.start);
	const end = Math.max(start, milliseconds(cue.end));
	const text = cue.text.replaceAll(/\s+/g, ' ').trim();
	if (format === 'tsv') return `${start}\t${end}\t${text}\n`;
	if (format === 'vtt') return `${clock(start, '.')} --> ${clock(end, '.')}\n${escaped(text)}\n\n`;
	// An arrow in the text would be taken for a line of times.
	return `${index + 1}\n${clock(start, ',')} --> ${clock(end, ',')}\n${text.replaceAll('-->', '->')}\n\n`;
}

/** `HH:MM:SS.mmm`; hours take as many digits as they need. */
export function timestamp(seconds: number, mark: '.' | ','): string {
	return clock(milliseconds(seconds), mark);
}

/** Rounded once, to whole milliseconds, so that no part of the clock is ever rounded up to 60. */
function milliseconds(seconds: number): number {
	return Math.max(0, Math.round(seconds * 1000));
}

function clock(time: number, mark: '.' | ','): string {
	const parts = [Math.floor(time / 3_600_000), Math.floor(time / 60_000) % 60, Math.floor(time / 1000) % 60];
	const hours = parts.map(part => String(part).padStart(2, '0')).join(':');
	return `${hours}${mark}${String(time % 1000).padStart(3, '0')}`;
}

function escaped(text: string): string {
	return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
