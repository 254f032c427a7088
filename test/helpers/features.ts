import {readFileSync} from 'node:fs';
import path from 'node:path';

/** What librosa, torch and ONNX Runtime said; `test/parity/features.py` wrote it. */
export interface FeatureReference {
	readonly power: Readonly<Record<string, readonly number[]>>;
	readonly mels: ReadonlyArray<{
		readonly size: number;
		readonly mels: number;
		readonly low: number;
		readonly high: number;
		readonly scale: 'slaney' | 'htk';
		readonly equalArea: boolean;
		readonly flat: readonly number[];
		readonly rising: readonly number[];
	}>;
	readonly picture: readonly number[];
	readonly silero: readonly number[];
	readonly spelling: readonly number[];
}

const file = path.resolve(import.meta.dirname, '../fixtures/features/reference.json');
export const featureReference: FeatureReference = JSON.parse(readFileSync(file, 'utf8')) as FeatureReference;

/** A tone that rises, and noise: the formula of `features.py`. */
export function chirp(count: number): Float32Array {
	let seed = 1;
	return Float32Array.from({length: count}, (_, at) => {
		seed = (seed * 16_807) % 2_147_483_647;
		const time = at / 16_000;
		const noise = seed / 2_147_483_647 - 0.5;
		return 0.3 * Math.sin(2 * Math.PI * (200 * time + 1500 * time * time)) + 0.02 * noise;
	});
}

/** White noise that is the same each time, in -loudness..loudness. */
export function whiteNoise(count: number, loudness: number): Float32Array {
	let seed = 7;
	return Float32Array.from({length: count}, () => {
		seed = (seed * 16_807) % 2_147_483_647;
		return (2 * (seed / 2_147_483_647) - 1) * loudness;
	});
}

export function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
	if (a.length !== b.length) return Number.POSITIVE_INFINITY;
	let largest = 0;
	for (let at = 0; at < a.length; at += 1) largest = Math.max(largest, Math.abs((a[at] ?? 0) - (b[at] ?? 0)));
	return largest;
}
