const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

/** `2 days ago`, `4 minutes from now`: as precise as a person would be. */
export function relativeTime(isoDate: string, now: number): string {
	const distance = Date.parse(isoDate) - now;
	const amount = humanDuration(Math.abs(distance));
	return distance < 0 ? `${amount} ago` : `${amount} from now`;
}

function humanDuration(ms: number): string {
	if (ms < 1000) return 'less than a second';
	if (ms < minute) return count(ms / 1000, 'second');
	if (ms < hour) return count(ms / minute, 'minute');
	if (ms < 48 * hour) return count(ms / hour, 'hour');
	if (ms < 14 * day) return count(ms / day, 'day');
	if (ms < 60 * day) return count(ms / (7 * day), 'week');
	if (ms < 730 * day) return count(ms / (30 * day), 'month');
	return count(ms / (365 * day), 'year');
}

function count(amount: number, unit: string): string {
	const whole = Math.floor(amount);
	return `${whole} ${unit}${whole === 1 ? '' : 's'}`;
}

/** `230ms`, `4.2s`, `1m12s`: for measurements. */
export function formatMilliseconds(ms: number): string {
	if (ms < 1) return `${(ms * 1000).toFixed(0)}µs`;
	if (ms < 1000) return `${trimZeros(ms.toFixed(ms < 100 ? 2 : 0))}ms`;
	if (ms < minute) return `${trimZeros((ms / 1000).toFixed(2))}s`;
	const seconds = Math.round(ms / 1000);
	return `${Math.floor(seconds / 60)}m${seconds % 60}s`;
}

function trimZeros(digits: string): string {
	return digits.includes('.') ? digits.replace(/\.?0+$/, '') : digits;
}
