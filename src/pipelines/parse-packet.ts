import {MofaError} from '../contract/error.ts';
import type {Image} from '../contract/media.ts';
import type {AnyPacket} from '../contract/stage.ts';
import {checkPixels} from '../media/picture/check-pixels.ts';

/** Characters of one piece of text, samples of one piece of sound, bytes of one picture. */
const most = {text: 1_000_000, samples: 16_000 * 3600, bytes: 64 * 1024 ** 2} as const;

type Invalid = (expected: string) => MofaError;

/** A packet as anybody may have sent it. Checked by hand: it happens for every piece of sound. Throws `invalid-request` naming `path`. */
export function parsePacket(input: unknown, path = 'input'): AnyPacket {
	const invalid = (expected: string): MofaError => new MofaError('invalid-request', {path, expected});
	const {type, kind, medium, value} = isRecord(input) ? input : {};
	if (type === 'signal') {
		if (kind === 'flush' || kind === 'interrupt' || kind === 'end') return {type, kind};
		throw invalid('a signal flush, interrupt or end');
	}
	if (type !== 'value') throw invalid('packets: {type: "value", medium, value} or {type: "signal", kind}');
	if (medium === 'text' && typeof value === 'string' && value.length <= most.text) return {type, medium, value};
	if (medium === 'audio') return {type, medium, value: soundOf(value, invalid)};
	if (medium === 'image') return {type, medium, value: imageOf(value, path, invalid)};
	if (medium === 'vector' && value instanceof Float32Array) return {type, medium, value};
	throw invalid(medium === 'text' ? `text of at most ${most.text} characters` : 'text, audio, image or vector');
}

function soundOf(
	value: unknown,
	invalid: Invalid,
): {
	readonly samples: Float32Array;
	readonly sampleRate: number;
	readonly channels: 1 | 2;
} {
	const {samples, sampleRate, channels} = isRecord(value) ? value : {};
	if (!(samples instanceof Float32Array) || samples.length > most.samples)
		throw invalid(`samples as 32-bit floating point numbers, at most ${most.samples} in one piece`);
	if (typeof sampleRate !== 'number' || !(sampleRate >= 4000 && sampleRate <= 192_000))
		throw invalid('a sample rate from 4000 to 192000 Hz');
	if (channels !== 1 && channels !== 2) throw invalid('one channel or two');
	return {samples, sampleRate, channels};
}

function imageOf(value: unknown, path: string, invalid: Invalid): Image {
	const {bytes, mediaType} = isRecord(value) ? value : {};
	if (!(bytes instanceof Uint8Array) || bytes.length > most.bytes)
		throw invalid(`a picture of at most ${most.bytes} bytes`);
	if (typeof mediaType !== 'string' || !/^image\/[\w.+-]{1,100}$/.test(mediaType))
		throw invalid('a type such as image/png');
	const image: Image = {bytes, mediaType: `image/${mediaType.slice('image/'.length)}`};
	checkPixels([{image, path}]);
	return image;
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
	typeof value === 'object' && value !== null;
