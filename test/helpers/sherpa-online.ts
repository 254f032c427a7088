import {createRequire} from 'node:module';
import type {InstalledModel} from '../../src/contract/manifest.ts';
import {sherpa} from '../../src/backends/sherpa/sherpa.ts';

/** Whether the package is here and starts; says so loudly where not. */
export async function sherpaPresent(): Promise<boolean> {
	const availability = await sherpa.probe({
		platform: 'linux',
		arch: 'x64',
		pools: {},
		cores: 1,
		accelerators: [],
	});
	if (!availability.ok) console.warn(`SKIPPED: tests of sherpa-onnx need its package: ${availability.hint}`);
	return availability.ok;
}

export interface DirectSegment {
	readonly text: string;
	/** By the clock of the whole sound. */
	readonly timestamps: readonly number[];
}

interface Result {
	readonly text: string;
	readonly timestamps: readonly number[];
	readonly start_time: number;
}

interface Package {
	readonly OnlineRecognizer: new (config: unknown) => {
		createStream(): {
			acceptWaveform(sound: {samples: Float32Array; sampleRate: number}): void;
			setOption(name: string, value: string): void;
			inputFinished(): void;
		};
		isReady(stream: unknown): boolean;
		decode(stream: unknown): void;
		isEndpoint(stream: unknown): boolean;
		reset(stream: unknown): void;
		getResult(stream: unknown): Result;
	};
}

/** What the package itself hears in a sound at 16 kHz, by the loop of its own examples. */
export function heardDirectly(
	model: InstalledModel,
	samples: Float32Array,
	silenceAfter: number,
): readonly DirectSegment[] {
	const {OnlineRecognizer} = createRequire(import.meta.url)('sherpa-onnx-node') as Package;
	const recognizer = new OnlineRecognizer({
		featConfig: {sampleRate: 16_000, featureDim: 80},
		modelConfig: {...filesOf(model), tokens: model.paths['tokens.txt'], numThreads: 1, provider: 'cpu', debug: 0},
		decodingMethod: 'greedy_search',
		enableEndpoint: 1,
		rule1MinTrailingSilence: 2.4,
		rule2MinTrailingSilence: 1.2,
		rule3MinUtteranceLength: 20,
	});
	const stream = recognizer.createStream();
	const segments: DirectSegment[] = [];
	const keep = (): void => {
		const {text, timestamps, start_time: start} = recognizer.getResult(stream);
		if (text.trim() !== '') segments.push({text: text.trim(), timestamps: timestamps.map(time => start + time)});
	};
	stream.acceptWaveform({samples, sampleRate: 16_000});
	stream.acceptWaveform({samples: new Float32Array(Math.round(silenceAfter * 16_000)), sampleRate: 16_000});
	stream.setOption('is_final', '1');
	stream.inputFinished();
	while (recognizer.isReady(stream)) {
		recognizer.decode(stream);
		if (!recognizer.isEndpoint(stream)) continue;
		keep();
		recognizer.reset(stream);
	}
	keep();
	return segments;
}

function filesOf({manifest: {family}, paths}: InstalledModel): object {
	const of = (part: string): string =>
		paths[Object.keys(paths).find(role => role.startsWith(`weights-${part}`)) ?? ''] ?? '';
	if (family === 'streaming-ctc') return {zipformer2Ctc: {model: paths['weights']}};
	if (family === 'streaming-paraformer') return {paraformer: {encoder: of('encoder'), decoder: of('decoder')}};
	return {transducer: {encoder: of('encoder'), decoder: of('decoder'), joiner: of('joiner')}};
}
