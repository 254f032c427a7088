export interface StopFilter {
	/** What may be shown now. After `stopped` nothing more comes. */
	push(text: string): {readonly text: string; readonly stopped: boolean};
	/** What was held back because a stop string could have begun there. */
	end(): string;
}

/**
 * Ends a text before the stop string that is complete first; holds back only a tail that could still become one.
 * However the text is cut into pieces, the result is the same.
 */
export function createStopFilter(stops: readonly string[]): StopFilter {
	const wanted = stops.filter(stop => stop !== '');
	let held = '';
	let stopped = false;

	return {
		push(text) {
			if (stopped) return {text: '', stopped};
			held += text;
			const stop = firstComplete(held, wanted);
			stopped = stop !== undefined;
			const shown = held.slice(0, stop ?? held.length - tailLength(held, wanted));
			held = stopped ? '' : held.slice(shown.length);
			return {text: shown, stopped};
		},
		end() {
			const rest = held;
			held = '';
			return rest;
		},
	};
}

/** Where the stop string begins whose last character comes first; of two that end together, the longer. */
function firstComplete(text: string, stops: readonly string[]): number | undefined {
	let best: {readonly start: number; readonly end: number} | undefined;
	for (const stop of stops) {
		const start = text.indexOf(stop);
		if (start === -1) continue;
		const end = start + stop.length;
		if (!best || end < best.end || (end === best.end && start < best.start)) best = {start, end};
	}
	return best?.start;
}

/** Characters at the end of the text that a stop string could begin with. */
function tailLength(text: string, stops: readonly string[]): number {
	const longest = Math.max(0, ...stops.map(stop => stop.length - 1));
	for (let length = Math.min(longest, text.length); length > 0; length -= 1) {
		const tail = text.slice(-length);
		if (stops.some(stop => stop.length > length && stop.startsWith(tail))) return length;
	}
	return 0;
}
