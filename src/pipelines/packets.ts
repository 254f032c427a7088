import type {AnyPacket, AnyValue, Signal} from '../contract/stage.ts';

export const flush: Signal = {type: 'signal', kind: 'flush'};
export const interrupt: Signal = {type: 'signal', kind: 'interrupt'};
export const end: Signal = {type: 'signal', kind: 'end'};

export function textValue(text: string): AnyValue {
	return {type: 'value', medium: 'text', value: text};
}

/** Bytes a packet keeps while it waits; a little more, so that empty ones are bounded as well. */
export function weightOf(packet: AnyPacket): number {
	return packet.type === 'signal' ? 64 : 64 + bytesOf(packet);
}

export function bytesOf(packet: AnyValue): number {
	switch (packet.medium) {
		case 'text':
			return packet.value.length * 2;
		case 'audio':
			return packet.value.samples.byteLength;
		case 'image':
			return packet.value.bytes.byteLength;
		default:
			// A plugin's own medium is weighed when it is an array, and counted otherwise.
			return ArrayBuffer.isView(packet.value) ? packet.value.byteLength : 64;
	}
}

/** Of sound; 0 of anything else. */
export function secondsOf(packet: AnyValue): number {
	if (packet.medium !== 'audio') return 0;
	const {samples, sampleRate, channels} = packet.value;
	return samples.length / channels / sampleRate;
}
