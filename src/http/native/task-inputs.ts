import type {Audio} from '../../contract/media.ts';
import {findFfmpeg} from '../../lib/ffmpeg.ts';
import {decodeAudio} from '../../media/decode/decode-audio.ts';
import {base64Of} from '../base64.ts';
import {checkSound} from '../check-sound.ts';
import {invalid} from '../envelope.ts';

/** `data:image/png;base64,…`: the type, its parameters, and the bytes. */
const dataUri = /^data:([\w.+-]+\/[\w.+-]+)((?:;[\w.+-]+=[\w.+-]+)*);base64,/i;

/** Of one sound; a longer one comes in frames, piece by piece. */
const mostSamples = 16_000 * 3600;

/**
 * What a client without a library can write, as values: a text, a picture or a sound as a data URI, a vector as a list of numbers;
 * or a value as pipelines have it. Throws `invalid-request` naming the input.
 */
export function readInputs(inputs: readonly unknown[]): Promise<readonly unknown[]> {
	return Promise.all(inputs.map((input, index) => readInput(input, `inputs.${index}`)));
}

async function readInput(input: unknown, path: string): Promise<unknown> {
	if (typeof input === 'string') return input.startsWith('data:') ? dataValue(input, path) : text(input);
	if (!Array.isArray(input)) return input;
	if (!input.every(number => typeof number === 'number')) throw invalid(path, 'a list of numbers');
	return {medium: 'vector', value: Float32Array.from(input)};
}

async function dataValue(uri: string, path: string): Promise<unknown> {
	const head = dataUri.exec(uri);
	if (head === null) throw invalid(path, 'a data URI such as data:image/png;base64,…');
	const type = (head[1] ?? '').toLowerCase();
	const bytes = Uint8Array.from(base64Of(uri.slice(head[0].length), path));
	if (type.startsWith('image/')) return {medium: 'image', value: {bytes, mediaType: type}};
	if (type.startsWith('audio/')) return {medium: 'audio', value: await decoded(bytes, path)};
	if (type.startsWith('text/')) return text(Buffer.from(bytes).toString('utf8'));
	throw invalid(path, 'a data URI of an image, a sound or a text');
}

const text = (value: string): unknown => ({medium: 'text', value});

async function decoded(bytes: Uint8Array, path: string): Promise<Audio> {
	const transcode = await findFfmpeg(process.env['PATH'] ?? '');
	await checkSound(once(bytes), {path, hasFfmpeg: transcode !== null});
	const pieces: Audio[] = [];
	let count = 0;
	for await (const piece of decodeAudio(once(bytes), {source: path, transcode})) {
		count += piece.samples.length;
		if (count > mostSamples) throw invalid(path, `a sound of at most ${mostSamples} samples`);
		pieces.push(piece);
	}
	const [first] = pieces;
	if (first === undefined) throw invalid(path, 'a sound that is longer than nothing');
	const samples = new Float32Array(count);
	let at = 0;
	for (const piece of pieces) {
		samples.set(piece.samples, at);
		at += piece.samples.length;
	}
	return {...first, samples};
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
	yield bytes;
}
