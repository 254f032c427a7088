import {MofaError} from '../../contract/error.ts';
import type {SherpaConfig} from './sherpa.ts';

/** As the package has it, for what hears sound as it comes in. */
export interface OnlineConfig extends SherpaConfig {
	readonly endpoints: EndpointRules;
}

/** When a segment is over, in seconds. */
export interface EndpointRules {
	/** Of silence, whether something was said before or not. */
	readonly silence: number;
	/** Of silence after something was said. */
	readonly pause: number;
	/** Of a segment, however little silence is in it. */
	readonly longest: number;
}

export interface OnlineRecognizer {
	/** A sound that begins now. Its memory goes with the object. */
	begin(): OnlineSound;
}

/** One sound on its way in. Every call blocks this thread, `step` for as long as the model takes. */
export interface OnlineSound {
	/** Samples in -1..1, at the rate of the features. */
	accept(samples: Float32Array): void;
	/** Hears what the model takes at once; false where more sound has to come first. */
	step(): boolean;
	/** One of the rules says that the segment is over. */
	readonly atEndpoint: boolean;
	/** The segment so far. */
	readonly result: OnlineResult;
	/** The next segment begins. */
	reset(): void;
	/** No more sound will come: what is left is heard, though it be less than the model takes at once. */
	end(): void;
}

export interface OnlineResult {
	readonly text: string;
	readonly tokens: readonly string[];
	/** Seconds since the segment began, one for each token; empty where the family does not tell. */
	readonly timestamps: readonly number[];
}

interface NativeStream {
	acceptWaveform(sound: {readonly sampleRate: number; readonly samples: Float32Array}): void;
	inputFinished(): void;
	setOption(name: string, value: string): void;
}

interface NativeRecognizer {
	createStream(): NativeStream;
	isReady(stream: NativeStream): boolean;
	decode(stream: NativeStream): void;
	isEndpoint(stream: NativeStream): boolean;
	reset(stream: NativeStream): void;
	getResult(stream: NativeStream): unknown;
}

export interface OnlineModule {
	readonly OnlineRecognizer: new (config: unknown) => NativeRecognizer;
}

/**
 * About as many bytes as a sound holds in native code. The package frees them when the sound is collected, and V8, which does
 * not see them, would be in no hurry; so each sound holds as much that V8 does see. Nobody touches it: it takes no room.
 */
const unseenBytes = 4 * 2 ** 20;

export function onlineRecognizer(module: OnlineModule, config: OnlineConfig): OnlineRecognizer {
	const native = nativeOf(module, config);
	const {sampleRate} = config.featConfig;
	return {
		begin() {
			const stream = Object.assign(native.createStream(), {unseen: new ArrayBuffer(unseenBytes)});
			return {
				accept: samples => stream.acceptWaveform({sampleRate, samples}),
				step() {
					if (!native.isReady(stream)) return false;
					native.decode(stream);
					return true;
				},
				get atEndpoint() {
					return native.isEndpoint(stream);
				},
				get result() {
					return resultOf(native.getResult(stream));
				},
				reset: () => native.reset(stream),
				end() {
					// Paraformer alone knows it; the others take silence for what is missing.
					stream.setOption('is_final', '1');
					stream.inputFinished();
				},
			};
		},
	};
}

/** Asked for with every step, of lists that grow: a schema took as long as the model. */
function resultOf(native: unknown): OnlineResult {
	const {text, tokens, timestamps} = native as Readonly<Record<keyof OnlineResult, unknown>>;
	if (typeof text !== 'string') throw new TypeError('sherpa-onnx answered with something else than text');
	return {text, tokens: listOf(tokens, isText), timestamps: listOf(timestamps, isNumber)};
}

const isText = (value: unknown): value is string => typeof value === 'string';
const isNumber = (value: unknown): value is number => typeof value === 'number';

function listOf<T>(list: unknown, is: (value: unknown) => value is T): readonly T[] {
	return Array.isArray(list) && list.every(is) ? list : [];
}

function nativeOf({OnlineRecognizer: Native}: OnlineModule, config: OnlineConfig): NativeRecognizer {
	const {model, featConfig, modelConfig, endpoints} = config;
	try {
		return new Native({
			featConfig,
			modelConfig,
			decodingMethod: 'greedy_search',
			enableEndpoint: 1,
			rule1MinTrailingSilence: endpoints.silence,
			rule2MinTrailingSilence: endpoints.pause,
			rule3MinUtteranceLength: endpoints.longest,
		});
	} catch (error) {
		const problem = error instanceof Error ? error.message : String(error);
		throw new MofaError('model-invalid', {model, problem: problem.slice(0, 300)}, {cause: error});
	}
}
