import type {TranscribedSegment} from '../transcription.ts';

/** How many characters two hearings of a growing sound have in common, up to the end of a word. Pure. */
export function stablePrefix(before: string, now: string): number {
	let length = 0;
	while (length < before.length && length < now.length && before[length] === now[length]) length += 1;
	const inWord = /[\p{L}\p{N}]/u.test(now[length] ?? '') || /[\p{L}\p{N}]/u.test(before[length] ?? '');
	if (!inWord || length === 0) return length;
	return now.slice(0, length).search(/[\p{L}\p{N}'’-]*$/u);
}

/** The segments that two hearings have in common, without the last: more sound may still change it. Pure. */
export function settledSegments(
	before: readonly TranscribedSegment[],
	now: readonly TranscribedSegment[],
): readonly TranscribedSegment[] {
	const differs = now.findIndex((segment, index) => segment.text !== before[index]?.text);
	return now.slice(0, Math.min(differs < 0 ? now.length : differs, now.length - 1));
}
