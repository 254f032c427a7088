import {sniffPicture} from '../picture/sniff-picture.ts';

/** What the first bytes of a file are that no decoder can hear, in words behind `not`; null where it may be sound. */
export function otherThanSound(head: Uint8Array): 'a picture' | 'text' | null {
	if (sniffPicture(head) !== null) return 'a picture';
	return isText(head) ? 'text' : null;
}

/** Samples are no valid UTF-8 without control characters, but by a chance that a few thousand bytes leave to nobody. */
function isText(head: Uint8Array): boolean {
	try {
		// The last character may be cut.
		const text = new TextDecoder('utf-8', {fatal: true}).decode(head, {stream: true});
		return !/[^\P{Cc}\t\n\r\f]/u.test(text);
	} catch {
		return false;
	}
}
