import {invalidModel} from '../../backends/onnx/model-files.ts';
import type {OnnxGraph, OnnxModule} from '../../backends/onnx/session.ts';
import type {InstalledModel} from '../../contract/manifest.ts';
import {float32Of} from '../../lib/float16.ts';
import type {Conditioning} from './conditioning.ts';

/** Latent pixels. */
export interface LatentShape {
	readonly channels: number;
	readonly width: number;
	readonly height: number;
}

export interface Prediction {
	/** One latent picture, channel by channel. */
	readonly sample: Float32Array;
	readonly shape: LatentShape;
	/** What the schedule says of this step. */
	readonly timestep: number;
	/** An answer is given for each. */
	readonly texts: readonly Conditioning[];
	readonly guidance: number;
	/** What a network that was trained to fill in gets beside the sample: further channels. */
	readonly beside: Float32Array | null;
	/** Pixels of the picture. */
	readonly size: {readonly width: number; readonly height: number};
	readonly signal: AbortSignal;
}

/** The network that draws, whichever it is. */
export interface Network {
	readonly kind: 'unet' | 'stable-diffusion-3' | 'flux';
	/** Of its samples; more than the codec has where it was trained to fill in. */
	readonly channels: number | null;
	/** It is told the guidance, so one look is enough. */
	readonly toldGuidance: boolean;
	/** Latent pixels that it was made for alone; null: every size. */
	readonly fixed: {readonly width: number; readonly height: number} | null;
	predict(ask: Prediction): Promise<readonly Float32Array[]>;
}

export interface NetworkParts {
	readonly model: InstalledModel;
	readonly module: OnnxModule;
	readonly graph: OnnxGraph;
	/** Several texts go through at once; else one after the other. */
	readonly together: boolean;
}

/** Texts by the call that they go into: as many as the graph was made for, all at once, or each alone. */
export function callsOf<T>(texts: readonly T[], fixed: number | null, together: boolean): ReadonlyArray<readonly T[]> {
	const size = fixed ?? (together ? texts.length : 1);
	const calls: Array<readonly T[]> = [];
	for (let at = 0; at < texts.length; at += size) {
		const call = texts.slice(at, at + size);
		// A graph for two is asked twice the same where there is one.
		const copies = call.slice(0, 1).flatMap(first => Array.from({length: size - call.length}, () => first));
		calls.push([...call, ...copies]);
	}
	return calls;
}

/** One part of the answer for each that was asked for. Throws `model-invalid` where it has another size. */
export function answersOf(
	model: InstalledModel,
	data: (ArrayLike<unknown> & object) | undefined,
	count: number,
	length: number,
): readonly Float32Array[] {
	const answer = float32Of(data ?? []);
	if (answer.length !== count * length)
		throw invalidModel(model, `its network answers with ${answer.length} numbers, where ${count * length} are wanted`);
	return Array.from({length: count}, (_, at) => answer.subarray(at * length, (at + 1) * length));
}
