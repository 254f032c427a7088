/** A place in a text, moved by whoever reads on from there. */
export interface Reader {
	readonly text: string;
	at: number;
}

/** Passes the mark if it stands here. */
export function take(reader: Reader, mark: string): boolean {
	if (!reader.text.startsWith(mark, reader.at)) return false;
	reader.at += mark.length;
	return true;
}

/** Passes and returns what the pattern finds here; it must be sticky. */
export function takeMatch(reader: Reader, pattern: RegExp): string | undefined {
	pattern.lastIndex = reader.at;
	const match = pattern.exec(reader.text)?.[0];
	reader.at += match?.length ?? 0;
	return match;
}

export function skipSpace(reader: Reader): void {
	takeMatch(reader, /\s+/y);
}
