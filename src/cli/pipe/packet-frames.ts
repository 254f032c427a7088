import {MofaError} from '../../contract/error.ts';
import type {AnyPacket} from '../../contract/stage.ts';
import {writeFramed} from '../../lib/frames/framed-body.ts';
import {readFramed} from '../../lib/frames/framed-reader.ts';

/** What packets on a pipe begin with, so that whoever reads them knows. No text, sound or picture does. */
const mark: Uint8Array = Buffer.from('\u{0}mofa packets 1\n', 'latin1');
export const markBytes: number = mark.length;

/** Bytes of one packet. */
const largest = 256 * 1024 ** 2;

export function isPacketFrames(head: Uint8Array): boolean {
	return Buffer.compare(head.subarray(0, mark.length), mark) === 0;
}

/** Packets as the bytes another mofa reads. */
export async function* packetFrames(
	packets: AsyncIterable<AnyPacket>,
	signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
	yield mark;
	yield* writeFramed({packets}, {signal, toFailure: error => MofaError.from(error).toWire()});
}

/** The packets another mofa wrote. Throws `invalid-request` for what is cut or broken, and what went wrong over there. */
export async function* framedPackets(bytes: AsyncIterable<Uint8Array>, source: string): AsyncGenerator<AnyPacket> {
	const invalid = (problem: string): MofaError =>
		new MofaError('invalid-request', {path: source, expected: `whole packets of another mofa pipe (${problem})`});
	const framed = await readFramed(withoutMark(bytes), {
		limit: largest,
		invalid,
		fromFailure: failure => {
			const {code} = typeof failure === 'object' && failure !== null ? (failure as {readonly code?: unknown}) : {};
			return code === 'cancelled' ? new MofaError('cancelled', {}) : invalid(`it failed: ${String(code)}`);
		},
	});
	try {
		const {packets} = (framed.value ?? {}) as {readonly packets?: AsyncIterable<AnyPacket>};
		if (packets === undefined || !(Symbol.asyncIterator in packets)) throw invalid('something else is in the frames');
		// Whoever runs the pipeline checks each.
		yield* packets;
	} finally {
		framed.close();
	}
}

async function* withoutMark(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
	let left = mark.length;
	for await (const chunk of bytes) {
		const skipped = Math.min(left, chunk.length);
		left -= skipped;
		if (skipped < chunk.length) yield chunk.subarray(skipped);
	}
}
