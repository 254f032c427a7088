/** One text of several segments; languages that write without spaces keep doing so. */
export function joinSegments(segments: readonly {readonly text: string}[]): string {
	return segments.reduce((text, segment) => text + spaceBetween(text, segment.text) + segment.text, '');
}

const withoutSpaces =
	/[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\u3001\u3002\uff01\uff0c\uff1f]/u;

/** What stands between two pieces of one text. */
export function spaceBetween(before: string, after: string): '' | ' ' {
	if (before === '' || after === '') return '';
	return withoutSpaces.test(before.at(-1) ?? '') && withoutSpaces.test(after.at(0) ?? '') ? '' : ' ';
}
