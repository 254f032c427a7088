import {readFile} from 'node:fs/promises';
import * as z from 'zod';
import {MofaError} from '../../contract/error.ts';
import {largestWindow, type LogMelOptions} from '../../backends/onnx/log-mel.ts';
import {readTokenizer, type TextTokenizer} from '../../tasks/transcribing/text-tokenizer.ts';

/** What a Whisper is made of, from the files beside its graphs. */
export interface WhisperConfiguration {
	readonly layers: number;
	readonly heads: number;
	readonly headSize: number;
	/** Tokens it can look back on, the prefix among them. */
	readonly positions: number;
	readonly mel: LogMelOptions;
	readonly windowSeconds: number;
	/** Seconds between two of the encoder's frames; also between two of the times it can tell. */
	readonly frameSeconds: number;
	readonly tokens: SpecialTokens;
	readonly suppressed: readonly number[];
	readonly suppressedFirst: readonly number[];
	/** In frames; null where any first time is allowed. */
	readonly latestFirstTime: number | null;
	/** Pairs of layer and head that look where the word is. */
	readonly alignmentHeads: ReadonlyArray<readonly [number, number]>;
	readonly medianWidth: number;
	readonly tokenizer: TextTokenizer;
}

export interface SpecialTokens {
	readonly start: number;
	readonly end: number;
	/** By its code; empty for a model of one language. */
	readonly languages: ReadonlyMap<string, number>;
	readonly transcribe: number | null;
	readonly translate: number | null;
	readonly previous: number | null;
	readonly noSpeech: number | null;
	readonly noTimes: number | null;
	/** Of 0.00 s; null where the model tells no times. */
	readonly firstTime: number | null;
}

const count = z.number().int().min(1).max(1_000_000);
const token = z.number().int().min(0).max(10_000_000);
const tokens = z.array(token).max(100_000).nullish();

const configSchema = z.object({
	d_model: count,
	decoder_layers: count,
	decoder_attention_heads: count,
	max_source_positions: count,
	max_target_positions: count,
	num_mel_bins: count.max(1000),
	decoder_start_token_id: token.optional(),
	eos_token_id: token.optional(),
	median_filter_width: count.optional(),
	suppress_tokens: tokens,
	begin_suppress_tokens: tokens,
});

const generationSchema = z.object({
	alignment_heads: z
		.array(z.tuple([z.number().int().min(0), z.number().int().min(0)]))
		.max(1000)
		.nullish(),
	begin_suppress_tokens: tokens,
	suppress_tokens: tokens,
	decoder_start_token_id: token.nullish(),
	eos_token_id: z.union([token, z.array(token).min(1)]).nullish(),
	is_multilingual: z.boolean().nullish(),
	lang_to_id: z.record(z.string(), token).nullish(),
	task_to_id: z.record(z.string(), token).nullish(),
	no_timestamps_token_id: token.nullish(),
	max_initial_timestamp_index: token.nullish(),
});

const featuresSchema = z.object({
	sampling_rate: count.default(16_000),
	hop_length: count.default(160),
	n_fft: count.multipleOf(2).max(largestWindow).default(400),
	chunk_length: z.number().positive().max(60).optional(),
});

type Paths = Readonly<Record<string, string>>;

/** Throws `model-invalid` where a file is absent, damaged or of another kind of model. */
export async function readWhisper(model: string, paths: Paths): Promise<WhisperConfiguration> {
	const read = async <T>(role: string, schema: z.ZodType<T>, absent?: unknown): Promise<T> =>
		parse(model, role, schema, await json(model, role, paths, absent));
	const config = await read('config', configSchema);
	const generation = await read('generation_config.json', generationSchema, {});
	const features = await read('preprocessor_config.json', featuresSchema, {});
	const tokenizer = await readTokenizer(model, paths);
	const {max_source_positions: frames, d_model: width, decoder_attention_heads: heads} = config;
	const melFrames = 2 * frames;
	const windowSeconds = (melFrames * features.hop_length) / features.sampling_rate;
	return {
		layers: config.decoder_layers,
		heads,
		headSize: width / heads,
		positions: config.max_target_positions,
		mel: {
			sampleRate: features.sampling_rate,
			size: features.n_fft,
			hop: features.hop_length,
			mels: config.num_mel_bins,
			frames: melFrames,
		},
		windowSeconds,
		frameSeconds: windowSeconds / frames,
		tokens: specialTokens(model, config, generation, tokenizer),
		suppressed: generation.suppress_tokens ?? config.suppress_tokens ?? [],
		suppressedFirst: generation.begin_suppress_tokens ?? config.begin_suppress_tokens ?? [],
		latestFirstTime: generation.max_initial_timestamp_index ?? null,
		alignmentHeads: (generation.alignment_heads ?? upperHeads(config.decoder_layers, heads)).filter(
			([layer, head]) => layer < config.decoder_layers && head < heads,
		),
		medianWidth: config.median_filter_width ?? 7,
		tokenizer,
	};
}

/** By the names in the tokenizer, and by numbers in the configuration where it has them. */
function specialTokens(
	model: string,
	config: z.infer<typeof configSchema>,
	generation: z.infer<typeof generationSchema>,
	{idOf}: TextTokenizer,
): SpecialTokens {
	const start = generation.decoder_start_token_id ?? idOf('<|startoftranscript|>') ?? config.decoder_start_token_id;
	const ends = generation.eos_token_id ?? idOf('<|endoftext|>') ?? config.eos_token_id;
	const end = Array.isArray(ends) ? ends[0] : ends;
	if (start === undefined || end === undefined)
		throw new MofaError('model-invalid', {model, problem: 'its files do not say which tokens begin and end a text'});
	const languages = Object.entries(generation.lang_to_id ?? {}).map(([name, id]) => [name.slice(2, -2), id] as const);
	const many = generation.is_multilingual ?? languages.length > 0;
	// What was trained without times is told apart by this number: writers of such configurations leave it out.
	const noTimes = generation.no_timestamps_token_id ?? null;
	return {
		start,
		end,
		languages: new Map(many ? languages : []),
		transcribe: many ? (generation.task_to_id?.['transcribe'] ?? idOf('<|transcribe|>') ?? null) : null,
		translate: many ? (generation.task_to_id?.['translate'] ?? idOf('<|translate|>') ?? null) : null,
		previous: idOf('<|startofprev|>') ?? null,
		noSpeech: idOf('<|nospeech|>') ?? idOf('<|nocaptions|>') ?? null,
		noTimes: noTimes ?? idOf('<|notimestamps|>') ?? null,
		firstTime: noTimes === null ? null : noTimes + 1,
	};
}

/** Where nobody measured which heads align: those of the upper half of the layers. */
function upperHeads(layers: number, heads: number): ReadonlyArray<readonly [number, number]> {
	const first = Math.floor(layers / 2);
	return Array.from({length: (layers - first) * heads}, (_, index) => [
		first + Math.floor(index / heads),
		index % heads,
	]);
}

async function json(model: string, role: string, paths: Paths, absent: unknown): Promise<unknown> {
	const file = paths[role];
	if (file === undefined) {
		if (absent !== undefined) return absent;
		throw new MofaError('model-invalid', {model, problem: `it has no ${role === 'config' ? 'config.json' : role}`});
	}
	try {
		return JSON.parse(await readFile(file, 'utf8')) as unknown;
	} catch (error) {
		throw new MofaError('model-invalid', {model, problem: `${role} cannot be read: ${String(error)}`}, {cause: error});
	}
}

function parse<T>(model: string, role: string, schema: z.ZodType<T>, value: unknown): T {
	const result = schema.safeParse(value);
	if (result.success) return result.data;
	const [issue] = result.error.issues;
	const where = issue?.path.join('.') ?? '';
	throw new MofaError('model-invalid', {model, problem: `${role}: ${where} ${issue?.message ?? ''}`.trim()});
}
