import {createReadStream} from 'node:fs';
import {stat} from 'node:fs/promises';
import type {Audio} from '../../contract/media.ts';
import {MofaError} from '../../contract/error.ts';
import {decodeAudio} from '../../media/decode/decode-audio.ts';
import type {RawInput} from '../raw-input.ts';
import {ExplainedFailure} from '../report-failure.ts';
import type {Terminal} from '../terminal.ts';
import {findFfmpeg, withFfmpeg} from '../transcode.ts';

/** Where sound comes from. */
export interface Source {
	/** As the person named it. */
	readonly name: string;
	readonly bytes: AsyncIterable<Uint8Array>;
	/** Null where nobody can know. */
	readonly totalBytes: number | null;
}

/** A file, or standard input for `-`. Throws `model-not-found`'s exit code for a file that is not there. */
export async function openSource(word: string, {stdin}: Terminal, signal: AbortSignal): Promise<Source> {
	if (word === '-') return {name: 'standard input', bytes: piped(stdin, signal), totalBytes: null};
	try {
		const found = await stat(word);
		if (found.isDirectory()) throw new MofaError('invalid-request', {path: word, expected: 'a file, not a folder'});
		return {name: word, bytes: fileBytes(word, signal), totalBytes: found.isFile() ? found.size : null};
	} catch (error) {
		throw fileFailure(word, error);
	}
}

/** An end that Ctrl-C has made is none. */
async function* piped(stdin: Terminal['stdin'], signal: AbortSignal): AsyncGenerator<Uint8Array> {
	yield* stdin.chunks(signal);
	if (signal.aborted) throw new MofaError('cancelled', {});
}

async function* fileBytes(file: string, signal: AbortSignal): AsyncGenerator<Uint8Array> {
	try {
		yield* createReadStream(file, {signal});
	} catch (error) {
		throw fileFailure(file, error);
	}
}

function fileFailure(file: string, error: unknown): unknown {
	if (MofaError.is(error) || (error instanceof Error && error.name === 'AbortError')) return error;
	if (error instanceof Error && 'code' in error && error.code === 'ENOENT')
		return new ExplainedFailure(
			{message: `there is no file ${file}`, next: null},
			new MofaError('model-not-found', {model: file, similar: []}),
		);
	const problem = error instanceof Error ? error.message : String(error);
	return new MofaError('file-error', {path: file, problem}, {cause: error});
}

/** How far a sound has been read. */
export interface Reading {
	readonly audio: AsyncIterable<Audio>;
	/** Seconds the whole is going to be, as far as one can tell by now; null where one cannot. */
	estimate(): number | null;
}

/** `onCut` hears that the sound ends before it should. Throws what `decodeAudio` throws, with a way on. */
export function readSource(source: Source, raw: RawInput | null, terminal: Terminal, onCut: () => void): Reading {
	let bytes = 0;
	let seconds = 0;
	async function* counted(): AsyncGenerator<Uint8Array> {
		for await (const piece of source.bytes) {
			bytes += piece.length;
			yield piece;
		}
	}
	async function* audio(): AsyncGenerator<Audio> {
		const transcode = await findFfmpeg(terminal.env['PATH'] ?? '');
		try {
			for await (const piece of decodeAudio(counted(), {
				source: source.name,
				raw: raw ?? undefined,
				transcode,
				onCut,
			})) {
				seconds += piece.samples.length / piece.sampleRate;
				yield piece;
			}
		} catch (error) {
			throw withFfmpeg(error);
		}
	}
	const {totalBytes} = source;
	return {
		audio: audio(),
		// A second of each must have come, or the file's head would count for sound.
		estimate: () => (totalBytes === null || seconds < 1 ? null : (seconds * totalBytes) / bytes),
	};
}
