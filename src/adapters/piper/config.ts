import * as z from 'zod';

export interface PiperConfig {
	readonly audio: {readonly sample_rate: number};
	readonly espeak?: {readonly voice: string} | undefined;
	readonly language?: {readonly code: string} | undefined;
	readonly inference: {readonly noise_scale: number; readonly length_scale: number; readonly noise_w: number};
	/** What it reads: phonemes of eSpeak, or letters. */
	readonly phoneme_type: 'espeak' | 'text';
	/** Phoneme → what the voice was trained with instead. */
	readonly phoneme_map: Readonly<Record<string, readonly string[]>>;
	readonly phoneme_id_map: Readonly<Record<string, readonly number[]>>;
	readonly num_speakers: number;
	readonly speaker_id_map: Readonly<Record<string, number>>;
}

/** The file beside a Piper voice, `<voice>.onnx.json`, as the trainer writes it. */
const schema: z.ZodType<PiperConfig> = z.object({
	audio: z.object({sample_rate: z.number().int().min(8000).max(96_000)}),
	espeak: z.object({voice: z.string().min(1).max(50)}).optional(),
	language: z.object({code: z.string().max(50)}).optional(),
	inference: z
		.object({
			noise_scale: z.number().default(0.667),
			length_scale: z.number().positive().default(1),
			noise_w: z.number().default(0.8),
		})
		.prefault({}),
	phoneme_type: z.enum(['espeak', 'text']).default('espeak'),
	phoneme_map: z.record(z.string(), z.array(z.string())).default({}),
	phoneme_id_map: z.record(z.string(), z.array(z.number().int().min(0)).min(1)),
	num_speakers: z.number().int().min(1).default(1),
	speaker_id_map: z.record(z.string(), z.number().int().min(0)).default({}),
});

/** Throws a ZodError where it is no such file. */
export function parsePiperConfig(json: unknown): PiperConfig {
	return schema.parse(json);
}
