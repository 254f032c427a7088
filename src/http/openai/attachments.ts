import type {Audio, Image} from '../../contract/media.ts';
import {parseWav} from '../../media/wav.ts';
import {invalid} from '../envelope.ts';

/** The bytes of a data URI. Addresses on the web are refused: mofa fetches nothing on behalf of a prompt. */
export function imageOf(url: string, path: string): Image {
	const match = /^data:(image\/(?:jpeg|jpg|png|webp|gif))?;base64,/i.exec(url.slice(0, 64));
	if (match === null)
		throw invalid(path, 'a data URI of a jpeg, png, webp or gif in base64; addresses are not fetched');
	const bytes = base64Of(url.slice(match[0].length), path);
	const mediaType = sniff(bytes);
	if (mediaType === undefined) throw invalid(path, 'the bytes of a jpeg, png, webp or gif picture');
	return {bytes, mediaType};
}

export function audioOf(data: string, format: string, path: string): Audio {
	if (format !== 'wav') throw invalid(`${path}.format`, "'wav'");
	const audio = parseWav(base64Of(data, `${path}.data`));
	if (audio === undefined) throw invalid(`${path}.data`, 'a WAV file, mono or stereo, of 16, 24 or 32 bit');
	return audio;
}

function base64Of(text: string, path: string): Uint8Array {
	const plain = text.replaceAll(/\s/g, '');
	// Buffer.from skips what is not base64 in silence; a damaged upload must not become a damaged picture.
	if (plain === '' || !/^[a-z0-9+/_-]*={0,2}$/i.test(plain)) throw invalid(path, 'base64');
	return Buffer.from(plain, 'base64');
}

/** The bytes decide, not what the sender says they are. */
function sniff(bytes: Uint8Array): Image['mediaType'] | undefined {
	const head = Buffer.from(bytes.subarray(0, 12)).toString('latin1');
	if (head.startsWith('\xFF\xD8\xFF')) return 'image/jpeg';
	if (head.startsWith('\x89PNG\r\n\x1A\n')) return 'image/png';
	if (head.startsWith('GIF8')) return 'image/gif';
	return head.startsWith('RIFF') && head.endsWith('WEBP') ? 'image/webp' : undefined;
}
