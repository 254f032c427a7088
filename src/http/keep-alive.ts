const century = 100 * 365 * 24 * 3600 * 1000;

/** Milliseconds: until when no calendar has a date is for ever. */
export function boundedKeepAlive(ms: number): number {
	return ms > century ? Infinity : ms;
}
