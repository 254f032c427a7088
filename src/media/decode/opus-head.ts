/** What the head of an Opus stream says, RFC 7845. */
export interface OpusStream {
	readonly channels: number;
	/** Samples at 48 kHz to leave out at the beginning. */
	readonly preSkip: number;
	readonly streamCount: number;
	readonly coupledStreamCount: number;
	readonly channelMappingTable: readonly number[];
}

/** Throws an Error where it is none, or of more channels than there are places for. */
export function readOpusHead(bytes: Uint8Array): OpusStream {
	const head = Buffer.from(bytes);
	if (head.length < 19 || head.toString('latin1', 0, 8) !== 'OpusHead') throw new Error('Opus without its head');
	const channels = head.readUInt8(9);
	const family = head.readUInt8(18);
	if (channels < 1 || channels > 8 || (family === 0 && channels > 2) || (family > 0 && head.length < 21 + channels))
		throw new Error(`Opus of ${channels} channels`);
	const preSkip = head.readUInt16LE(10);
	if (family === 0)
		return {
			channels,
			preSkip,
			streamCount: 1,
			coupledStreamCount: channels - 1,
			channelMappingTable: channels === 1 ? [0] : [0, 1],
		};
	return {
		channels,
		preSkip,
		streamCount: head.readUInt8(19),
		coupledStreamCount: head.readUInt8(20),
		channelMappingTable: [...head.subarray(21, 21 + channels)],
	};
}
