import {MofaError} from '../../contract/error.ts';
import {ffmpegFormats, findEncoder} from '../../lib/ffmpeg.ts';
import {ExplainedFailure} from '../report-failure.ts';
import {EncodedFileSink} from './encoded-file-sink.ts';
import {FileSink} from './file-sink.ts';
import type {Sink} from './sink.ts';

/** What is wrong with the name of a file for sound: one that promises a format that nobody writes would be a lie. */
export function unwritten(file: string): string | null {
	const ending = /\.(ogg|m4a|webm|aiff?|wma)$/i.exec(file)?.[0];
	return ending === undefined ? null : `a name that ends in .wav, .mp3, .flac, .opus or .aac; mofa writes no ${ending}`;
}

/** The format by the ending of the name; WAV where it says nothing. `search` is a `PATH`. */
export async function sinkForFile(file: string, search: string): Promise<Sink> {
	const expected = unwritten(file);
	if (expected !== null) throw new MofaError('invalid-request', {path: file, expected});
	const ending = /\.([a-z\d]+)$/i.exec(file)?.[1]?.toLowerCase();
	if (ending === 'mp3') return new EncodedFileSink(file, null);
	const format = ffmpegFormats.find(known => known === ending);
	if (format === undefined) return new FileSink(file);
	const encoder = await findEncoder(format, search);
	if (encoder !== null) return new EncodedFileSink(file, encoder);
	throw new ExplainedFailure(
		{
			message: `writing ${format} takes ffmpeg, which is not on this machine`,
			next: 'install ffmpeg, or name a file that ends in .wav or .mp3',
		},
		new MofaError('backend-unavailable', {backend: 'ffmpeg', reason: 'not-installed', hint: 'install ffmpeg'}),
	);
}
