import {MofaError} from '../contract/error.ts';
import {isPcmEncoding, pcmEncodings, type PcmEncoding} from '../media/pcm.ts';
import {textOf, type Options} from './invocation.ts';

/** How bare samples lie in the input. */
export interface RawInput {
	readonly sampleRate: number;
	readonly channels: number;
	readonly encoding: PcmEncoding;
}

/** `--rate`, `--channels` and `--encoding`; null where the input says itself what it is. Throws `invalid-request` naming the option. */
export function readRawInput(options: Options): RawInput | null {
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

function invalid(path: string, expected: string): MofaError<'invalid-request'> {
	return new MofaError('invalid-request', {path, expected});
}
