/**
 * Interleaved frames to one channel: their mean, so that it never clips. One channel comes back as it is, not copied.
 * Channels in opposite phase cancel, as they do in a room.
 */
export function downMix(samples: Float32Array, channels: number): Float32Array {
	if (channels === 1) return samples;
	const mono = new Float32Array(Math.floor(samples.length / channels));
	for (let frame = 0; frame < mono.length; frame += 1) {
		let sum = 0;
		for (let channel = 0; channel < channels; channel += 1) sum += samples[frame * channels + channel] ?? 0;
		mono[frame] = sum / channels;
	}
	return mono;
}
