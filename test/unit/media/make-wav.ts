export interface WavParts {
	readonly riff?: string;
	readonly riffBytes?: number;
	readonly format?: number;
	readonly channels?: number;
	readonly sampleRate?: number;
	readonly bits?: number;
	readonly blockBytes?: number;
	/** Written as WAVE_FORMAT_EXTENSIBLE, with `format` in the long name. */
	readonly extensible?: boolean;
	/** Chunks before `fmt `, before `data`, after it. */
	readonly first?: readonly Uint8Array[];
	readonly middle?: readonly Uint8Array[];
	readonly last?: readonly Uint8Array[];
	readonly dataBytes?: number;
	readonly data?: Uint8Array;
}

/** A WAV file with any of its parts said otherwise than they are. Shares no code with what reads it. */
export function makeWav(parts: WavParts = {}): Uint8Array {
	const data = parts.data ?? new Uint8Array(0);
	const body = Buffer.concat([
		Buffer.from('WAVE'),
		...(parts.first ?? []),
		chunk('fmt ', formatOf(parts)),
		...(parts.middle ?? []),
		chunk('data', data, parts.dataBytes),
		...(parts.last ?? []),
	]);
	return Uint8Array.from(chunk(parts.riff ?? 'RIFF', body, parts.riffBytes));
}

export function chunk(name: string, bytes: Uint8Array, says: number = bytes.length): Buffer {
	const head = Buffer.alloc(8);
	head.write(name, 'latin1');
	head.writeUInt32LE(says, 4);
	return Buffer.concat([head, bytes, Buffer.alloc(bytes.length % 2)]);
}

function formatOf(parts: WavParts): Buffer {
	const {format = 1, channels = 1, sampleRate = 16_000, bits = 16, extensible = false} = parts;
	const block = parts.blockBytes ?? (channels * Math.ceil(bits / 8)) % 65_536;
	const bytes = Buffer.alloc(extensible ? 40 : 16);
	bytes.writeUInt16LE(extensible ? 0xfffe : format, 0);
	bytes.writeUInt16LE(channels, 2);
	bytes.writeUInt32LE(sampleRate, 4);
	bytes.writeUInt32LE((sampleRate * block) % 2 ** 32, 8);
	bytes.writeUInt16LE(block, 12);
	bytes.writeUInt16LE(bits, 14);
	if (!extensible) return bytes;
	bytes.writeUInt16LE(22, 16);
	bytes.writeUInt16LE(bits, 18);
	bytes.writeUInt16LE(format, 24);
	Buffer.from('000000001000800000aa00389b71', 'hex').copy(bytes, 26);
	return bytes;
}

/** Cuts at the given places, which need not be in order. */
export function cut(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
	const ends = [...places.map(place => place % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
	return ends.map((end, index) => bytes.slice(ends[index - 1] ?? 0, end));
}

export function joined(blocks: readonly Float32Array[]): Float32Array {
	return Float32Array.from(blocks.flatMap(block => [...block]));
}
