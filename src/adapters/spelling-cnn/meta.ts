import * as z from 'zod';

/** The file beside the graph, `spelling_cnn_meta.json`, as the trainer writes it. */
export interface SpellingMeta {
	/** What each output stands for. */
	readonly classes: readonly string[];
	readonly sample_rate: number;
	/** The length of every clip it was trained on. */
	readonly clip_seconds: number;
	readonly hop_length: number;
	readonly n_fft: number;
	readonly n_mels: number;
	readonly f_min: number;
	readonly f_max: number;
	readonly target_frames: number;
	readonly input_name: string;
	readonly output_name: string;
}

const name = z.string().min(1).max(100);

const schema: z.ZodType<SpellingMeta> = z.object({
	classes: z.array(name).min(2).max(10_000),
	// A network without the spectrogram before it takes something else.
	mode: z.literal('mel').default('mel'),
	sample_rate: z.number().int().min(4000).max(96_000),
	clip_seconds: z.number().min(0.1).max(10),
	hop_length: z.number().int().min(16).max(4096),
	n_fft: z.number().int().min(64).max(8192).multipleOf(2).default(512),
	n_mels: z.number().int().min(8).max(256),
	f_min: z.number().min(0).default(20),
	f_max: z.number().min(1000).max(48_000).default(8000),
	target_frames: z.number().int().min(8).max(4096),
	input_name: name.default('log_mel'),
	output_name: name.default('logits'),
});

/** Throws a ZodError where it is no such file. */
export function parseSpellingMeta(json: unknown): SpellingMeta {
	return schema.parse(json);
}
