import {expect, test} from 'vitest';
import {LogMel, type LogMelOptions} from '../../../../src/backends/onnx/log-mel.ts';
import {RealFft} from '../../../../src/media/fft.ts';
import {MelFilters} from '../../../../src/media/mel-filters.ts';
import {openOnnx} from '../../../helpers/onnx.ts';
import {parityTone} from '../../../helpers/speech-model.ts';

const small: LogMelOptions = {sampleRate: 16_000, size: 400, hop: 160, mels: 80, frames: 100};
const wide: LogMelOptions = {sampleRate: 16_000, size: 400, hop: 320, mels: 128, frames: 50};
const fast: LogMelOptions = {sampleRate: 44_100, size: 1024, hop: 441, mels: 80, frames: 100};

/** The same in doubles, by a fast transform, straight from the definition. */
function inDoubles(sound: Float32Array, {sampleRate, size, hop, mels, frames}: LogMelOptions): Float64Array {
	const fft = new RealFft(size);
	const high = Math.min(8000, sampleRate / 2);
	const filters = new MelFilters({sampleRate, size, mels, low: 0, high, scale: 'slaney', equalArea: true});
	const whole = new Float64Array(frames * hop);
	whole.set(sound.subarray(0, whole.length));
	const power = new Float64Array(fft.bins);
	const energies = new Float64Array(mels);
	const picture = new Float64Array(mels * frames);
	for (let frame = 0; frame < frames; frame += 1) {
		const window = Float64Array.from({length: size}, (_, at) => {
			const place = Math.abs(frame * hop - size / 2 + at);
			const sample = whole[place < whole.length ? place : 2 * (whole.length - 1) - place] ?? 0;
			return sample * (0.5 - 0.5 * Math.cos((2 * Math.PI * at) / size));
		});
		fft.power(window, power);
		filters.apply(power, energies);
		for (const [mel, energy] of energies.entries()) picture[mel * frames + frame] = Math.log10(Math.max(1e-10, energy));
	}
	const loudest = picture.reduce((most, value) => Math.max(most, value), -Infinity);
	return picture.map(value => (Math.max(value, loudest - 8) + 4) / 4);
}

/** Loud and soft by a factor of a thousand, and a little noise. */
function uneven(seconds: number): Float32Array {
	let state = 1;
	return parityTone(seconds, 2).map((sample, at) => {
		state = Math.imul(state, 1_103_515_245) + 12_345;
		return (at % 8000 < 4000 ? sample : sample / 1000) + state / 2 ** 31 / 1e5;
	});
}

const sounds: Readonly<Record<string, Float32Array>> = {
	'as long as the window': parityTone(1, 1),
	'longer than the window': parityTone(1.3, 3),
	'shorter than the window': parityTone(0.4, 2),
	'loud and soft': uneven(1),
	'that is silent': new Float32Array(8000),
	'of one sample': Float32Array.of(0.5),
	'of nothing': new Float32Array(0),
};

test.each(Object.entries(sounds))('the spectrogram of sound %s is that of doubles within 1e-4', async (_, sound) => {
	const session = await openOnnx();
	for (const options of [small, wide, fast]) {
		const mel = await LogMel.open(session, options);
		const {data, dims} = await mel.picture(sound);
		expect(dims).toEqual([1, options.mels, options.frames]);
		const expected = inDoubles(sound, options);
		expect(data).toHaveLength(expected.length);
		const farthest = expected.reduce((most, value, at) => Math.max(most, Math.abs(value - Number(data[at]))), 0);
		expect(farthest).toBeLessThan(1e-4);
	}
});
