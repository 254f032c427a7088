import {MofaError} from '../../contract/error.ts';
import {findPictureEncoder, type FfmpegPicture} from '../../lib/ffmpeg.ts';
import {ExplainedFailure} from '../report-failure.ts';

export type PictureFormat = 'png' | FfmpegPicture;

/** By the ending of a file's name; PNG where it has none. Throws `invalid-request` for what nobody writes here. */
export function pictureFormatOf(file: string): PictureFormat {
	const ending = /\.(\w{1,5})$/.exec(file)?.[1]?.toLowerCase();
	if (ending === undefined || ending === 'png') return 'png';
	if (ending === 'jpg' || ending === 'jpeg') return 'jpeg';
	if (ending === 'webp') return 'webp';
	// A name that promises a format that nobody writes would be a lie.
	throw new MofaError('invalid-request', {
		path: '--output',
		expected: `a name that ends in .png, .jpg or .webp; mofa writes no .${ending}`,
	});
}

/** What makes it of a PNG; `search` is a `PATH`. Throws `backend-unavailable` where it takes ffmpeg and there is none. */
export async function pictureEncoder(
	format: PictureFormat,
	search: string,
): Promise<(png: Uint8Array) => Promise<Uint8Array>> {
	if (format === 'png') return async png => png;
	const encoder = await findPictureEncoder(format, search);
	if (encoder !== null) return encoder;
	throw new ExplainedFailure(
		{
			message: `writing ${format} takes ffmpeg, which is not on this machine`,
			next: 'install ffmpeg, or name a file that ends in .png',
		},
		new MofaError('backend-unavailable', {backend: 'ffmpeg', reason: 'not-installed', hint: 'install ffmpeg'}),
	);
}
