import {expect, test} from 'vitest';
import {coveredLength} from '../../../src/lib/covered-length.ts';

test.each([
	['nothing covers nothing', [], 0],
	[
		'spans apart are added',
		[
			{from: 1, to: 3},
			{from: 5, to: 6},
		],
		3,
	],
	[
		'what lies in two is counted once',
		[
			{from: 1, to: 4},
			{from: 2, to: 6},
		],
		5,
	],
	[
		'one may lie in another',
		[
			{from: 1, to: 9},
			{from: 2, to: 3},
			{from: 4, to: 10},
		],
		9,
	],
	[
		'their order does not matter',
		[
			{from: 5, to: 10},
			{from: 2, to: 12},
			{from: 0, to: 1},
		],
		11,
	],
	[
		'they may touch',
		[
			{from: 1, to: 2},
			{from: 2, to: 3},
		],
		2,
	],
])('%s', (_name, spans, length) => {
	expect(coveredLength(spans)).toBe(length);
});
