import {expect, test} from 'vitest';
import {MelClip} from '../../../src/media/mel-clip.ts';
import {chirp, featureReference, largestDifference} from '../../helpers/features.ts';

const options = {sampleRate: 16_000, size: 512, hop: 125, mels: 64, low: 20, high: 8000, frames: 128};

test('the picture of a second is that of librosa', () => {
	const picture = new MelClip(options).picture(chirp(16_000));
	expect(picture).toHaveLength(64 * 128);
	const every8th = picture.filter((_, at) => at % 8 === 0);
	expect(largestDifference(every8th, featureReference.picture)).toBeLessThan(1e-4);
});

test('loudness is lost in it, and its mean is nought', () => {
	const mel = new MelClip(options);
	const loud = mel.picture(chirp(16_000));
	const soft = mel.picture(chirp(16_000).map(sample => sample / 2));
	// What is added to the energy shows where there is hardly any.
	expect(largestDifference(loud, soft)).toBeLessThan(0.5);
	expect(Math.abs(loud.reduce((sum, value) => sum + value, 0) / loud.length)).toBeLessThan(1e-5);
});

test('silence is a picture of one colour, and no number is missing', () => {
	expect(new MelClip(options).picture(new Float32Array(16_000)).every(value => Math.abs(value) < 1e-3)).toBe(true);
});
