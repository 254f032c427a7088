import {expect, test} from 'vitest';
import {formatStatistics} from '../../../../src/cli/run/statistics.ts';

test('the figures are laid out as in other programs, with load and cache beside them', () => {
	const usage = {promptTokens: 26, cachedTokens: 6, completionTokens: 259, promptMs: 130, completionMs: 4200};
	expect(formatStatistics({totalMs: 4500, loadMs: 100, usage})).toBe(
		[
			'total duration:       4.5s',
			'load duration:        100ms',
			'prompt eval count:    26 token(s)',
			'prompt cached count:  6 token(s)',
			'prompt eval duration: 130ms',
			'prompt eval rate:     153.85 tokens/s',
			'eval count:           259 token(s)',
			'eval duration:        4.2s',
			'eval rate:            61.67 tokens/s',
			'',
		].join('\n'),
	);
});

test('a rate of nothing is a dash, not infinity', () => {
	const usage = {promptTokens: 6, cachedTokens: 6, completionTokens: 0, promptMs: 0, completionMs: 0};
	expect(formatStatistics({totalMs: 1, loadMs: 0, usage})).not.toMatch(/Infinity|NaN/);
});
