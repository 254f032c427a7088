import {constants} from 'node:fs';
import {access} from 'node:fs/promises';
import path from 'node:path';

export interface SoundFormat {
	readonly sampleRate: number;
	readonly channels: 1 | 2;
}

/** A program that plays 16-bit samples. `stream`: as they come on its standard input; `file`: a WAV file, once it is whole. */
export interface Player {
	readonly program: string;
	readonly takes: 'stream' | 'file';
	arguments(format: SoundFormat, file: string): readonly string[];
}

/** Where it was found. */
export interface FoundPlayer extends Player {
	readonly file: string;
}

/** In the order they are preferred: those that begin with the first sentence come first. */
const players: readonly Player[] = [
	{
		program: 'paplay',
		takes: 'stream',
		arguments: ({sampleRate, channels}) => [
			'--raw',
			'--format=s16le',
			`--rate=${sampleRate}`,
			`--channels=${channels}`,
		],
	},
	{
		program: 'aplay',
		takes: 'stream',
		arguments: ({sampleRate, channels}) => [
			'-q',
			'-t',
			'raw',
			'-f',
			'S16_LE',
			'-r',
			`${sampleRate}`,
			'-c',
			`${channels}`,
			'-',
		],
	},
	{
		program: 'play',
		takes: 'stream',
		arguments: ({sampleRate, channels}) => [
			'-q',
			'-t',
			'raw',
			'-e',
			'signed',
			'-b',
			'16',
			'-r',
			`${sampleRate}`,
			'-c',
			`${channels}`,
			'-',
		],
	},
	{
		program: 'ffplay',
		takes: 'stream',
		arguments: ({sampleRate, channels}) => {
			const raw = ['-f', 's16le', '-ar', `${sampleRate}`, '-ch_layout', channels === 1 ? 'mono' : 'stereo'];
			return ['-loglevel', 'error', '-nodisp', '-autoexit', ...raw, '-i', '-'];
		},
	},
	{program: 'pw-play', takes: 'file', arguments: (_format, file) => [file]},
	{program: 'afplay', takes: 'file', arguments: (_format, file) => [file]},
];

export const playerNames: string = players.map(({program}) => (program === 'play' ? 'play (sox)' : program)).join(', ');

/** The first of them in the folders of `PATH`; null where there is none. */
export async function findPlayer(search: string): Promise<FoundPlayer | null> {
	const folders = search.split(path.delimiter).filter(folder => folder !== '');
	const ending = process.platform === 'win32' ? '.exe' : '';
	for (const player of players)
		for (const folder of folders) {
			const file = path.join(folder, `${player.program}${ending}`);
			if (await isProgram(file)) return {...player, file};
		}
	return null;
}

async function isProgram(file: string): Promise<boolean> {
	try {
		await access(file, constants.X_OK);
		return true;
	} catch {
		return false;
	}
}
