import * as z from 'zod';
import {invalidModel} from '../../backends/onnx/model-files.ts';
import {largestWindow, LogMel} from '../../backends/onnx/log-mel.ts';
import type {OnnxSession, TransformersModule} from '../../backends/onnx/session.ts';
import {isTensor, type LibraryTensor} from '../../backends/onnx/tensors.ts';
import type {InstalledModel} from '../../contract/manifest.ts';
import type {SpeechSettings} from './settings.ts';

/** Makes sound ready for an audio encoder. */
export interface Ears {
	/** Hertz. */
	readonly sampleRate: number;
	/** Seconds of sound at once. */
	readonly windowSeconds: number;
	/** Samples below which there is nothing to make ready. */
	readonly least: number;
	/** What the encoder calls it. */
	readonly input: string;
	/** What the encoder takes for this much sound, a window at most. */
	features(sound: Float32Array): Promise<LibraryTensor>;
}

const count = z.int().min(1).max(1_000_000);

const whisperSchema = z.object({
	feature_size: count.max(1000),
	sampling_rate: count,
	hop_length: count,
	n_fft: count.multipleOf(2).max(largestWindow),
	nb_max_frames: count,
});

/** Voxtral hears with Whisper's ears: the whole window each time, silence where there is no sound. */
export async function whisperEars(
	model: InstalledModel,
	{preprocessor}: SpeechSettings,
	session: OnnxSession,
): Promise<Ears> {
	const said = parsed(model, whisperSchema, preprocessor);
	const {feature_size: mels, sampling_rate: sampleRate, hop_length: hop, n_fft: size, nb_max_frames: frames} = said;
	const mel = await LogMel.open(session, {sampleRate, size, hop, mels, frames});
	return {
		sampleRate,
		windowSeconds: (frames * hop) / sampleRate,
		least: hop,
		input: 'audio_values',
		features: sound => mel.picture(sound),
	};
}

const graniteSchema = z.looseObject({
	melspec_kwargs: z.looseObject({
		sample_rate: count,
		n_fft: count.max(2 ** 16),
		win_length: count.max(2 ** 16),
		hop_length: count,
		n_mels: count.max(1000),
	}),
});

/** Seconds; it would take minutes, but what it says comes with the end of a window. */
const graniteWindow = 30;

/** Granite hears sound as long as it is, two columns of its spectrogram at a time. */
export function graniteEars(model: InstalledModel, {preprocessor}: SpeechSettings, library: TransformersModule): Ears {
	const config = parsed(model, graniteSchema, preprocessor);
	const extractor = new library.GraniteSpeechFeatureExtractor(config);
	const {sample_rate: sampleRate, n_fft: size} = config.melspec_kwargs;
	return {
		sampleRate,
		windowSeconds: graniteWindow,
		// The first and the last column reach over the edges of the sound, where it is read backwards.
		least: size,
		input: 'input_features',
		async features(sound) {
			const {input_features: features}: {readonly input_features: unknown} = await extractor._call(sound);
			if (!isTensor(features)) throw invalidModel(model, 'nothing can be made of sound as it wants it');
			return features;
		},
	};
}

function parsed<T>(model: InstalledModel, schema: z.ZodType<T>, preprocessor: unknown): T {
	const result = schema.safeParse(preprocessor);
	if (result.success) return result.data;
	const problem = z.prettifyError(result.error).slice(0, 300);
	throw invalidModel(model, `its preprocessor_config.json cannot be used: ${problem}`);
}
