import {findFfmpeg as findIn, type Transcode} from '../lib/ffmpeg.ts';

/** The ffmpeg of this machine, for sound that mofa does not decode itself; null where it has none. */
export function findFfmpeg(search: string = process.env['PATH'] ?? ''): Promise<Transcode | null> {
	return findIn(search);
}
