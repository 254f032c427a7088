import {MofaError} from '../../contract/error.ts';
import {isPcmEncoding, pcmEncodings, type PcmEncoding} from '../../media/pcm.ts';
import {isOn, textOf, type Options} from '../invocation.ts';

export interface RawInput {
	readonly sampleRate: number;
	readonly channels: number;
	readonly encoding: PcmEncoding;
}

export interface PipeOptions {
	readonly file: string | null;
	readonly input: string | null;
	readonly text: string | null;
	/** A path, `-` for standard output, or null where nothing was said. */
	readonly output: string | null;
	/** The input is bare samples of this form. */
	readonly raw: RawInput | null;
	readonly play: boolean;
	readonly loop: boolean;
	readonly plan: boolean;
	readonly stats: boolean;
	readonly frames: boolean;
	readonly json: boolean;
	readonly daemon: boolean;
}

/** Throws `invalid-request` naming the option. */
export function readPipeOptions(options: Options): PipeOptions {
	const play = isOn(options, 'play');
	const frames = isOn(options, 'frames');
	if (play && frames) throw invalid('--frames', 'no --play beside it: packets are nothing to hear');
	return {
		file: textOf(options, 'file') ?? null,
		input: textOf(options, 'input') ?? null,
		text: textOf(options, 'text') ?? null,
		output: textOf(options, 'output') ?? null,
		raw: readRaw(options),
		play,
		loop: isOn(options, 'loop'),
		plan: isOn(options, 'plan'),
		stats: isOn(options, 'stats'),
		frames,
		json: isOn(options, 'json'),
		daemon: isOn(options, 'daemon'),
	};
}

function readRaw(options: Options): RawInput | null {
	const rate = textOf(options, 'rate');
	const channels = textOf(options, 'channels');
	const encoding = textOf(options, 'encoding');
	if (rate === undefined) {
		const lone = channels === undefined ? (encoding === undefined ? undefined : '--encoding') : '--channels';
		if (lone !== undefined) throw invalid(lone, '--rate beside it: both describe bare samples');
		return null;
	}
	const name = encoding ?? 's16le';
	if (!isPcmEncoding(name)) throw invalid('--encoding', `one of ${pcmEncodings.join(', ')}, not "${name}"`);
	return {
		sampleRate: whole('--rate', rate, 4000, 192_000),
		channels: whole('--channels', channels ?? '1', 1, 64),
		encoding: name,
	};
}

function whole(path: string, text: string, least: number, most: number): number {
	const number = /^\d+$/.test(text.trim()) ? Number(text) : Number.NaN;
	if (number >= least && number <= most) return number;
	throw invalid(path, `a whole number from ${least} to ${most}, not "${text}"`);
}

function invalid(path: string, expected: string): MofaError {
	return new MofaError('invalid-request', {path, expected});
}
