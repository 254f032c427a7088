const headerBytes = 44;
const bytesPerSample = 2;
/** What a writer that cannot go back says instead of a length. Readers take what comes until the end. */
const unknown = 0xff_ff_ff_ff;

/**
 * The 44 bytes before 16-bit PCM. `pcmBytes` counts what follows; null where that is not known yet, and a length that
 * 32 bits cannot hold is written as unknown too.
 */
export function wavHeader(
	format: {readonly sampleRate: number; readonly channels: number},
	pcmBytes: number | null,
): Uint8Array {
	const {sampleRate, channels} = format;
	const known = pcmBytes !== null && pcmBytes + headerBytes <= unknown;
	const header = new Uint8Array(headerBytes);
	const view = new DataView(header.buffer);
	writeTag(header, 0, 'RIFF');
	view.setUint32(4, known ? pcmBytes + headerBytes - 8 : unknown, true);
	writeTag(header, 8, 'WAVE');
	writeTag(header, 12, 'fmt ');
	view.setUint32(16, 16, true);
	view.setUint16(20, 1, true);
	view.setUint16(22, channels, true);
	view.setUint32(24, sampleRate, true);
	view.setUint32(28, sampleRate * channels * bytesPerSample, true);
	view.setUint16(32, channels * bytesPerSample, true);
	view.setUint16(34, bytesPerSample * 8, true);
	writeTag(header, 36, 'data');
	view.setUint32(40, known ? pcmBytes : unknown, true);
	return header;
}

function writeTag(bytes: Uint8Array, at: number, tag: string): void {
	for (let index = 0; index < tag.length; index += 1) bytes[at + index] = tag.charCodeAt(index);
}
