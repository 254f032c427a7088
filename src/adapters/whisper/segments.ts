/** Tokens between two times, and the times in frames from the beginning of the window. */
export interface TokenSegment {
	readonly start: number;
	readonly end: number;
	/** Text only. */
	readonly tokens: readonly number[];
}

export interface CutText {
	readonly segments: readonly TokenSegment[];
	/** Frames that are done with: the next window begins there. */
	readonly settled: number;
}

/**
 * Cuts what was written at its times. A segment that was begun and not ended is left to the next window, which begins where
 * the last whole one ended. `frames`: how many of the window hold sound. Pure.
 */
export function cutAtTimes(tokens: readonly number[], firstTime: number | null, frames: number): CutText {
	if (firstTime === null) return {segments: [{start: 0, end: frames, tokens}], settled: frames};
	const isTime = (token: number | undefined): boolean => token !== undefined && token >= firstTime;
	const frameOf = (token: number | undefined): number =>
		Math.min(frames, Math.max(0, (token ?? firstTime) - firstTime));
	const textOf = (part: readonly number[]): readonly number[] => part.filter(token => !isTime(token));
	const endsWithOne = isTime(tokens.at(-1)) && !isTime(tokens.at(-2));
	const pairs = tokens.flatMap((token, index) =>
		index > 0 && isTime(token) && isTime(tokens[index - 1]) ? [index] : [],
	);
	if (pairs.length === 0) {
		const last = tokens.findLast(isTime);
		const end = last === undefined || last === firstTime ? frames : frameOf(last);
		const first = isTime(tokens[0]) && tokens.length > 1 ? frameOf(tokens[0]) : 0;
		return {segments: [{start: Math.min(first, end), end, tokens: textOf(tokens)}], settled: frames};
	}
	const cuts = endsWithOne ? [...pairs, tokens.length] : pairs;
	const segments = cuts.map((cut, index) => {
		const part = tokens.slice(cuts[index - 1] ?? 0, cut);
		return {start: frameOf(part[0]), end: frameOf(part.at(-1)), tokens: textOf(part)};
	});
	return {segments, settled: endsWithOne ? frames : (segments.at(-1)?.end ?? frames)};
}
