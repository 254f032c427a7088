import {MofaError} from '../contract/error.ts';
import {findFfmpeg as findIn, type Transcode} from '../lib/ffmpeg.ts';
import {ExplainedFailure} from './report-failure.ts';

/** The ffmpeg of this machine, for sound that mofa does not decode itself; null where it has none. */
export function findFfmpeg(search: string = process.env['PATH'] ?? ''): Promise<Transcode | null> {
	return findIn(search);
}

/** For sound that takes an ffmpeg where there is none, with what to do about it; any other failure as it is. */
export function withFfmpeg(error: unknown): unknown {
	if (!MofaError.is(error, 'backend-unavailable') || error.data.backend !== 'ffmpeg') return error;
	const next = 'install ffmpeg, or save the sound as wav, mp3, flac, ogg, opus or webm';
	return new ExplainedFailure({message: error.data.hint, next}, error);
}
