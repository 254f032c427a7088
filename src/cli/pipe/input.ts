import {MofaError} from '../../contract/error.ts';
import type {AnyPacket} from '../../contract/stage.ts';
import {decodeAudio} from '../../media/decode/decode-audio.ts';
import {readablePictures, sniffPicture} from '../../media/picture/sniff-picture.ts';
import {sniffAudio} from '../../media/sniff-audio.ts';
import type {RawInput} from '../raw-input.ts';
import {findFfmpeg, withFfmpeg} from '../transcode.ts';
import {framedPackets, isPacketFrames, markBytes} from './packet-frames.ts';

export interface InputOptions {
	/** Names it in errors. */
	readonly source: string;
	/** What the first stage takes. */
	readonly accepts: readonly string[];
	readonly raw: RawInput | null;
	/** Each line of a text is a turn. */
	readonly loop: boolean;
	/** The folders of `PATH`, where ffmpeg may be. */
	readonly search: string;
	/** Hears that sound ended before it said it would. */
	readonly onCut: () => void;
}

const largestPicture = 64 * 1024 ** 2;
const flush: AnyPacket = {type: 'signal', kind: 'flush'};

/**
 * What comes in as packets, while it comes. What it is, is said by the options, by the only thing the first stage takes, or by its
 * first bytes. Throws `invalid-request` where that is nothing the first stage takes.
 */
export async function* inputPackets(
	bytes: AsyncIterable<Uint8Array>,
	options: InputOptions,
): AsyncGenerator<AnyPacket> {
	const {head, all} = await peek(bytes);
	if (isPacketFrames(head)) return yield* framedPackets(all, options.source);
	// No text is a text with no lines; but a picture or a recording that has no bytes is a mistake.
	if (head.length === 0 && options.accepts.some(medium => medium !== 'text'))
		throw new MofaError('invalid-request', {
			path: options.source,
			expected: `${options.accepts.join(' or ')}, but it is empty`,
		});
	const medium = mediumOf(head, options);
	if (!options.accepts.includes(medium))
		throw new MofaError('invalid-request', {
			path: options.source,
			expected: `${options.accepts.join(' or ')}, which is what the first stage takes, not ${medium}`,
		});
	if (medium === 'audio') yield* audioPackets(all, options);
	else if (medium === 'image') yield await imagePacket(all, options);
	else yield* textPackets(all, options.loop);
}

/** Enough of the beginning to tell what it is, without waiting for more than there is of something live. */
async function peek(
	bytes: AsyncIterable<Uint8Array>,
): Promise<{readonly head: Uint8Array; readonly all: AsyncGenerator<Uint8Array>}> {
	const chunks = bytes[Symbol.asyncIterator]();
	let head: Uint8Array = new Uint8Array(0);
	let ended = false;
	while (head.length < markBytes && !ended && !/\n/.test(Buffer.from(head).toString('latin1').slice(1))) {
		const {done, value} = await chunks.next();
		if (done === true) ended = true;
		else head = head.length === 0 ? value : Buffer.concat([head, value]);
	}
	async function* all(): AsyncGenerator<Uint8Array> {
		try {
			if (head.length > 0) yield head;
			for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) yield next.value;
			ended = true;
		} finally {
			if (!ended) await chunks.return?.();
		}
	}
	return {head, all: all()};
}

function mediumOf(head: Uint8Array, {accepts, raw}: InputOptions): string {
	if (raw !== null) return 'audio';
	const [only] = accepts;
	const isPicture = sniffPicture(head) !== null;
	// What a model would read of a picture's bytes is no text.
	if (only === 'text' && accepts.length === 1) return isPicture ? 'image' : only;
	if (only !== undefined && accepts.length === 1) return only;
	if (sniffAudio(head) !== undefined) return 'audio';
	return isPicture ? 'image' : 'text';
}

async function* audioPackets(
	bytes: AsyncIterable<Uint8Array>,
	{source, raw, search, onCut}: InputOptions,
): AsyncGenerator<AnyPacket> {
	const transcode = await findFfmpeg(search);
	try {
		for await (const audio of decodeAudio(bytes, {source, raw: raw ?? undefined, transcode, onCut}))
			yield {type: 'value', medium: 'audio', value: audio};
	} catch (error) {
		throw withFfmpeg(error);
	}
}

async function imagePacket(bytes: AsyncIterable<Uint8Array>, {source}: InputOptions): Promise<AnyPacket> {
	const chunks: Uint8Array[] = [];
	let length = 0;
	for await (const chunk of bytes) {
		chunks.push(chunk);
		length += chunk.length;
		if (length > largestPicture)
			throw new MofaError('invalid-request', {path: source, expected: `a picture of at most ${largestPicture} bytes`});
	}
	const whole = Uint8Array.from(Buffer.concat(chunks));
	const found = sniffPicture(whole);
	if (found === null)
		throw new MofaError('invalid-request', {
			path: source,
			expected: `a picture: ${readablePictures}`,
		});
	return {type: 'value', medium: 'image', value: {bytes: whole, mediaType: found.mediaType}};
}

async function* textPackets(bytes: AsyncIterable<Uint8Array>, loop: boolean): AsyncGenerator<AnyPacket> {
	const decoder = new TextDecoder();
	for await (const chunk of bytes) {
		const text = decoder.decode(chunk, {stream: true});
		if (!loop) yield {type: 'value', medium: 'text', value: text};
		else
			for (const line of text.split(/(?<=\n)/)) {
				if (line !== '') yield {type: 'value', medium: 'text', value: line};
				if (line.endsWith('\n')) yield flush;
			}
	}
	const rest = decoder.decode();
	if (rest !== '') yield {type: 'value', medium: 'text', value: rest};
}
