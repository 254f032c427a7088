import {findProgram} from '../../lib/ffmpeg.ts';
import type {RawInput} from '../raw-input.ts';

/** A program that writes what the microphone hears to its standard output, as bare 16-bit samples. */
export interface Recorder {
	readonly program: string;
	readonly words: readonly string[];
}

/** Where it was found. */
export interface FoundRecorder extends Recorder {
	readonly file: string;
}

/** What models of speech take. */
export const microphone: RawInput = {sampleRate: 16_000, channels: 1, encoding: 's16le'};

const rate = String(microphone.sampleRate);

/** In the order they are preferred: those that follow the desktop's choice of a microphone come first. */
function recorders(platform: NodeJS.Platform): readonly Recorder[] {
	const ffmpeg = ffmpegInput[platform];
	return [
		{program: 'parec', words: ['--raw', '--format=s16le', `--rate=${rate}`, '--channels=1', '--latency-msec=100']},
		{program: 'arecord', words: ['-q', '-t', 'raw', '-f', 'S16_LE', '-r', rate, '-c', '1', '-']},
		{program: 'rec', words: ['-q', '-t', 'raw', '-e', 'signed', '-b', '16', '-r', rate, '-c', '1', '-']},
		...(ffmpeg === undefined
			? []
			: [
					{
						program: 'ffmpeg',
						words: ['-loglevel', 'error', '-nostdin', ...ffmpeg, '-f', 's16le', '-ar', rate, '-ac', '1', 'pipe:1'],
					},
				]),
		{program: 'pw-record', words: ['--raw', '--format=s16', `--rate=${rate}`, '--channels=1', '-']},
	];
}

const ffmpegInput: Partial<Record<NodeJS.Platform, readonly string[]>> = {
	linux: ['-f', 'alsa', '-i', 'default'],
	darwin: ['-f', 'avfoundation', '-i', ':default'],
};

export function recorderNames(platform: NodeJS.Platform = process.platform): string {
	return recorders(platform)
		.map(({program}) => (program === 'rec' ? 'rec (sox)' : program))
		.join(', ');
}

/** The first of them in the folders of `PATH`; null where there is none. */
export async function findRecorder(search: string): Promise<FoundRecorder | null> {
	for (const recorder of recorders(process.platform)) {
		const file = await findProgram(recorder.program, search);
		if (file !== null) return {...recorder, file};
	}
	return null;
}
