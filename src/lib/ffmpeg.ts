import {spawn} from 'node:child_process';
import {constants} from 'node:fs';
import {access, mkdtemp, open, rm} from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';

/** What ffmpeg said when it could not. */
export class FfmpegFailure extends Error {
	override readonly name = 'FfmpegFailure';
}

/** Turns the bytes of a sound file into those of a WAV file, as they come. Throws `FfmpegFailure`. */
export type Transcode = (bytes: AsyncIterable<Uint8Array>, kind: string | undefined) => AsyncIterable<Uint8Array>;

/** The file of a program in the folders of `search`, which is a `PATH`; null where there is none. */
export async function findProgram(name: string, search: string): Promise<string | null> {
	const ending = process.platform === 'win32' ? '.exe' : '';
	for (const folder of search.split(path.delimiter)) {
		const file = path.join(folder, `${name}${ending}`);
		if (path.isAbsolute(folder) && (await isProgram(file))) return file;
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

/** The ffmpeg of this machine, for sound that nothing here decodes; null where it has none. */
export async function findFfmpeg(search: string): Promise<Transcode | null> {
	const program = await findProgram('ffmpeg', search);
	if (program === null) return null;
	return (bytes, kind) => (kind === 'm4a' ? transcodeSpooled(program, bytes) : transcode(program, pipe, bytes));
}

/** What else it writes: the codec, and the container. */
const written = {
	flac: ['-c:a', 'flac', '-f', 'flac'],
	opus: ['-c:a', 'libopus', '-b:a', '48k', '-f', 'opus'],
	aac: ['-c:a', 'aac', '-f', 'adts'],
} as const;
export type FfmpegFormat = keyof typeof written;
export const ffmpegFormats: readonly FfmpegFormat[] = Object.keys(written) as FfmpegFormat[];

/** Turns the bytes of a WAV file into another format as they come; null where this machine has no ffmpeg. */
export async function findEncoder(
	format: FfmpegFormat,
	search: string,
): Promise<((wav: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>) | null> {
	const program = await findProgram('ffmpeg', search);
	if (program === null) return null;
	// A stream does not know its length, and its header says so.
	const input = ['-protocol_whitelist', 'pipe', '-f', 'wav', '-ignore_length', '1', '-i', 'pipe:0'];
	return wav => transcode(program, input, wav, written[format]);
}

/** What it writes of pictures: near to what was drawn, as nobody has said how small they shall be. */
const writtenPictures = {
	jpeg: ['-c:v', 'mjpeg', '-q:v', '2', '-pix_fmt', 'yuvj444p', '-f', 'image2pipe'],
	webp: ['-c:v', 'libwebp', '-quality', '92', '-f', 'image2pipe'],
} as const;
export type FfmpegPicture = keyof typeof writtenPictures;

/** Turns a PNG into another format; null where this machine has no ffmpeg. */
export async function findPictureEncoder(
	format: FfmpegPicture,
	search: string,
): Promise<((png: Uint8Array) => Promise<Uint8Array>) | null> {
	const program = await findProgram('ffmpeg', search);
	if (program === null) return null;
	const input = ['-protocol_whitelist', 'pipe', '-f', 'png_pipe', '-i', 'pipe:0'];
	return async png => {
		const pieces: Uint8Array[] = [];
		for await (const piece of transcode(program, input, one(png), writtenPictures[format], '0:v:0')) pieces.push(piece);
		return Uint8Array.from(Buffer.concat(pieces));
	};
}

async function* one(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
	yield bytes;
}

/**
 * Only what comes through the pipe may be read: a file can name others, on this machine or elsewhere, as what it consists
 * of. Playlists and scripts are no sound.
 */
const pipe = ['-protocol_whitelist', 'pipe', '-i', 'pipe:0'];

/** The index of such a file may lie at its end, so ffmpeg gets it as a file. Its kind is fixed, or it might be a playlist. */
async function* transcodeSpooled(program: string, bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
	const folder = await mkdtemp(path.join(os.tmpdir(), 'mofa-sound-'));
	try {
		const file = path.join(folder, 'sound');
		const handle = await open(file, 'wx', 0o600);
		try {
			for await (const piece of bytes) await handle.writeFile(piece);
		} finally {
			await handle.close();
		}
		yield* transcode(program, ['-protocol_whitelist', 'file', '-f', 'mov', '-i', file], nothing());
	} finally {
		await rm(folder, {recursive: true, force: true});
	}
}

async function* nothing(): AsyncGenerator<Uint8Array> {}

async function* transcode(
	program: string,
	input: readonly string[],
	bytes: AsyncIterable<Uint8Array>,
	output: readonly string[] = ['-c:a', 'pcm_s16le', '-f', 'wav'],
	stream: '0:a:0' | '0:v:0' = '0:a:0',
): AsyncGenerator<Uint8Array> {
	const words = ['-hide_banner', '-loglevel', 'error', ...input, '-map', stream, '-map_metadata', '-1'];
	const child = spawn(program, [...words, ...output, 'pipe:1'], {
		stdio: ['pipe', 'pipe', 'pipe'],
	});
	let said = '';
	child.stderr.setEncoding('utf8').on('data', (text: string) => (said = `${said}${text}`.slice(-2000)));
	const ended = new Promise<number | null>(resolve => {
		child.once('error', error => {
			said = error.message;
			resolve(null);
		});
		child.once('close', resolve);
	});
	const feeding = feed(child.stdin, bytes);
	// It is awaited below, where nothing went wrong before.
	feeding.catch(() => undefined);
	try {
		yield* child.stdout as AsyncIterable<Uint8Array>;
		await feeding;
		if ((await ended) !== 0) throw new FfmpegFailure(lastWords(said));
	} finally {
		child.kill('SIGKILL');
	}
}

/** Throws what the source throws; a program that takes no more has its own reason. */
async function feed(stdin: NodeJS.WritableStream, bytes: AsyncIterable<Uint8Array>): Promise<void> {
	let open = true;
	let goOn = (): void => undefined;
	const close = (): void => {
		open = false;
		goOn();
	};
	stdin.on('error', close);
	stdin.on('close', close);
	stdin.on('drain', () => goOn());
	try {
		for await (const piece of bytes) {
			if (!open) return;
			if (stdin.write(piece) || !open) continue;
			await new Promise<void>(resolve => {
				goOn = resolve;
			});
		}
	} finally {
		stdin.end();
	}
}

function lastWords(said: string): string {
	const line = said.trim().split('\n').at(-1) ?? '';
	return line.replace(/^(pipe:0|.*\/sound): /, '').slice(0, 300) || 'it gave no reason';
}
