import type {Audio, Image} from '../../contract/media.ts';
import {readablePictures, sniffPicture} from '../../media/picture/sniff-picture.ts';
import {parseWav} from '../../media/wav.ts';
import {base64Of} from '../base64.ts';
import {invalid} from '../envelope.ts';

/** The bytes of a data URI. Addresses on the web are refused: unless the user allows it, mofa fetches nothing for a prompt. */
export function imageOf(url: string, path: string): Image {
	const match = /^data:(image\/[\w+.-]+(;[\w.+-]+=[\w.+-]*)*)?;base64,/i.exec(url.slice(0, 200));
	if (match === null)
		throw invalid(
			path,
			'a data URI of a picture in base64; addresses are fetched only after: mofa config set image_urls on',
		);
	const bytes = base64Of(url.slice(match[0].length), path);
	// The bytes decide, not what the sender says they are.
	const sniffed = sniffPicture(bytes);
	if (sniffed === null) throw invalid(path, `the bytes of a picture: ${readablePictures}`);
	return {bytes, mediaType: sniffed.mediaType};
}

export function audioOf(data: string, format: string, path: string): Audio {
	if (format !== 'wav') throw invalid(`${path}.format`, "'wav'");
	const audio = parseWav(base64Of(data, `${path}.data`));
	if (audio === undefined) throw invalid(`${path}.data`, 'a WAV file, mono or stereo, of 16, 24 or 32 bit');
	return audio;
}
