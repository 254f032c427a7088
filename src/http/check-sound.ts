import {MofaError} from '../contract/error.ts';
import {decodeAudio} from '../media/decode/decode-audio.ts';
import {sniffAudio, sniffBytes, type AudioKind} from '../media/sniff-audio.ts';
import {invalid} from './envelope.ts';

/** What is read here whatever the machine has. */
const readable = 'wav, mp3, flac, ogg, opus or webm';
const others: Readonly<Partial<Record<AudioKind, string>>> = {
	m4a: 'm4a',
	webm: 'webm without Opus in it',
	ogg: 'ogg with Speex in it',
};

/**
 * Looks at the beginning of a sound, before a model is loaded for it. Throws `invalid-request` naming `path` for what is no sound,
 * and for what only ffmpeg could read where there is none: with a 503, as for a backend that is missing, programs would try
 * again, and what they can do is send another format. Formats of answers that need ffmpeg are refused likewise.
 */
export async function checkSound(
	bytes: AsyncIterable<Uint8Array>,
	{path, hasFfmpeg}: {readonly path: string; readonly hasFfmpeg: boolean},
): Promise<void> {
	const head: Uint8Array[] = [];
	const sound = decodeAudio(watched(bytes, head), {source: path, transcode: null});
	try {
		await sound.next();
	} catch (error) {
		if (!MofaError.is(error, 'backend-unavailable')) throw error;
		if (hasFfmpeg) return;
		const kind = sniffAudio(Buffer.concat(head));
		const what = (kind === undefined ? undefined : others[kind]) ?? 'any other kind of sound';
		throw invalid(path, `${readable}; for ${what} the machine needs ffmpeg, which it does not have`);
	} finally {
		await sound.return(undefined);
	}
}

async function* watched(bytes: AsyncIterable<Uint8Array>, head: Uint8Array[]): AsyncGenerator<Uint8Array> {
	let seen = 0;
	for await (const piece of bytes) {
		if (seen < sniffBytes) head.push(piece);
		seen += piece.length;
		yield piece;
	}
}
