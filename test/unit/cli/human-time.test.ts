import {expect, test} from 'vitest';
import {formatMilliseconds, relativeTime} from '../../../src/cli/human-time.ts';

const now = Date.parse('2026-03-10T12:00:00Z');

test.each([
	['2026-03-10T11:59:59.500Z', 'less than a second ago'],
	['2026-03-10T12:04:00Z', '4 minutes from now'],
	['2026-03-10T11:00:00Z', '1 hour ago'],
	['2026-03-08T11:00:00Z', '2 days ago'],
	['2026-02-01T12:00:00Z', '5 weeks ago'],
	['2025-03-10T12:00:00Z', '12 months ago'],
	['2020-03-10T12:00:00Z', '6 years ago'],
])('%s is %s', (date, text) => {
	expect(relativeTime(date, now)).toBe(text);
});

test.each([
	[0.4, '400µs'],
	[12.5, '12.5ms'],
	[130, '130ms'],
	[4200, '4.2s'],
	[72_000, '1m12s'],
])('%d milliseconds are %s', (ms, text) => {
	expect(formatMilliseconds(ms)).toBe(text);
});
