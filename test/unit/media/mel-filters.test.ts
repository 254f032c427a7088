import {expect, test} from 'vitest';
import {MelFilters} from '../../../src/media/mel-filters.ts';
import {featureReference} from '../../helpers/features.ts';

test.each(featureReference.mels)(
	'$mels filters of $size samples by the scale $scale weigh as those of librosa',
	({flat, rising, ...options}) => {
		const filters = new MelFilters({sampleRate: 16_000, ...options});
		const energiesOf = (power: Float64Array): Float64Array => {
			const energies = new Float64Array(options.mels);
			filters.apply(power, energies);
			return energies;
		};
		const bins = Float64Array.from({length: options.size / 2 + 1}, (_, bin) => bin);
		expect(largestRatio(energiesOf(bins.map(() => 1)), flat)).toBeLessThan(1e-6);
		expect(largestRatio(energiesOf(bins), rising)).toBeLessThan(1e-6);
	},
);

function largestRatio(found: Float64Array, expected: readonly number[]): number {
	return Math.max(...expected.map((value, at) => Math.abs((found[at] ?? 0) - value) / (value || 1)));
}
