/** Seconds over which loudness is smoothed. */
const smoothing = 0.025;
/** Of the greatest energy: what is softer is breath, or the room. */
const audible = 0.01;

/** The middle of what is loud in a stretch of sound, in samples: half way between the first and the last sample that is. Pure. */
export function middleOf(samples: Float32Array, sampleRate: number): number {
	const width = Math.max(1, Math.round(sampleRate * smoothing));
	const sums = new Float64Array(samples.length + 1);
	for (let at = 0; at < samples.length; at += 1) sums[at + 1] = (sums[at] ?? 0) + (samples[at] ?? 0) ** 2;
	const around = (at: number): number => {
		const from = Math.max(0, at - width / 2);
		const to = Math.min(samples.length, at + width / 2);
		return (sums[Math.ceil(to)] ?? 0) - (sums[Math.floor(from)] ?? 0);
	};
	let greatest = 0;
	for (let at = 0; at < samples.length; at += 1) greatest = Math.max(greatest, around(at));
	let first = 0;
	let last = samples.length - 1;
	while (first < last && around(first) < greatest * audible) first += 1;
	while (last > first && around(last) < greatest * audible) last -= 1;
	return Math.round((first + last) / 2);
}
