import * as z from 'zod';
import type {InstalledModel} from '../../contract/manifest.ts';
import {readJson} from './read-json.ts';
import {schedulerConfig, type SchedulerConfig} from './schedulers/settings.ts';

/** What the files of the repository say, beside the graphs. Null where nothing does. */
export interface DiffusionConfiguration {
	readonly scheduler: SchedulerConfig | null;
	/** Latent pixels of a picture as the network was trained. */
	readonly sampleSize: {readonly width: number; readonly height: number} | null;
	/** Halvings within the network: latents must divide by as many. */
	readonly halvings: number | null;
	/** Latents are seen in squares of that many; transformers only. */
	readonly patch: number | null;
	/** Numbers that tell the network the guidance, where it was trained to be told. */
	readonly guidanceSize: number | null;
	/** Width of the texts that the network reads. */
	readonly textWidth: number | null;
	readonly pooledWidth: number | null;
	/** Without a text of what not to draw, the network gets zeros rather than an empty text. */
	readonly zerosForNothing: boolean;
	/** By the names that the authors gave the pipeline and the network. */
	readonly names: readonly string[];
	readonly codec: CodecConfiguration;
	/** By the folder of the encoder. */
	readonly encoders: Readonly<Record<string, EncoderConfiguration>>;
}

export interface CodecConfiguration {
	/** Pixels for each latent pixel, each way. */
	readonly factor: number | null;
	readonly channels: number | null;
	readonly scaling: number | null;
	readonly shift: number;
	readonly mean: readonly number[] | null;
	readonly deviation: readonly number[] | null;
}

export interface EncoderConfiguration {
	readonly layers: number | null;
	readonly longest: number | null;
	readonly width: number | null;
}

const whole = z.int().min(1).max(1_000_000).nullish().catch(null);
const words = z.string().max(500).nullish().catch(null);
const numbers = z.array(z.number()).max(1024).nullish().catch(null);

const indexSchema = z.object({
	_class_name: words,
	_name_or_path: words,
	force_zeros_for_empty_prompt: z.boolean().nullish().catch(null),
});
const networkSchema = z.object({
	_name_or_path: words,
	sample_size: z.union([whole, z.tuple([z.int().min(1), z.int().min(1)])]).catch(null),
	down_block_types: z.array(z.unknown()).max(64).nullish().catch(null),
	block_out_channels: z.array(z.unknown()).max(64).nullish().catch(null),
	patch_size: whole,
	time_cond_proj_dim: whole,
	cross_attention_dim: z.union([whole, z.array(z.int())]).catch(null),
	joint_attention_dim: whole,
	pooled_projection_dim: whole,
});
const codecSchema = z.object({
	block_out_channels: z.array(z.unknown()).max(64).nullish().catch(null),
	encoder_block_out_channels: z.array(z.unknown()).max(64).nullish().catch(null),
	latent_channels: whole,
	scaling_factor: z.number().nullish().catch(null),
	shift_factor: z.number().nullish().catch(null),
	latents_mean: numbers,
	latents_std: numbers,
});
const encoderSchema = z.object({
	num_hidden_layers: whole,
	max_position_embeddings: whole,
	hidden_size: whole,
	d_model: whole,
});

/** Text encoders in the order that the pipelines name them. */
export const encoderFolders = ['text_encoder', 'text_encoder_2', 'text_encoder_3'] as const;
export type EncoderFolder = (typeof encoderFolders)[number];

/** Each of the files may be absent. Throws `model-invalid` where one is damaged. */
export async function readConfiguration(model: InstalledModel): Promise<DiffusionConfiguration> {
	const [index, scheduler, network, codec, ...encoders] = await Promise.all([
		readJson(model, ['model_index.json'], indexSchema),
		readJson(model, ['scheduler/scheduler_config.json'], schedulerConfig),
		readJson(model, ['unet/config.json', 'transformer/config.json'], networkSchema),
		readJson(model, ['vae_decoder/config.json', 'vae/config.json', 'vae_encoder/config.json'], codecSchema),
		...encoderFolders.map(folder => readJson(model, [`${folder}/config.json`], encoderSchema)),
	]);
	return {
		scheduler,
		sampleSize: sizeOf(network?.sample_size),
		halvings: halvingsOf(network?.down_block_types ?? network?.block_out_channels),
		patch: network?.patch_size ?? null,
		guidanceSize: network?.time_cond_proj_dim ?? null,
		textWidth: network?.joint_attention_dim ?? null,
		pooledWidth: network?.pooled_projection_dim ?? null,
		zerosForNothing: index?.force_zeros_for_empty_prompt ?? false,
		names: [index?._class_name, index?._name_or_path, network?._name_or_path, model.manifest.name].filter(
			name => name !== null && name !== undefined,
		),
		codec: {
			factor: factorOf(codec?.encoder_block_out_channels ?? codec?.block_out_channels),
			channels: codec?.latent_channels ?? null,
			scaling: codec?.scaling_factor ?? null,
			shift: codec?.shift_factor ?? 0,
			mean: codec?.latents_mean ?? null,
			deviation: codec?.latents_std ?? null,
		},
		encoders: Object.fromEntries(
			encoderFolders.map((folder, at) => {
				const read = encoders[at];
				const width = read?.hidden_size ?? read?.d_model ?? null;
				return [
					folder,
					{layers: read?.num_hidden_layers ?? null, longest: read?.max_position_embeddings ?? null, width},
				];
			}),
		),
	};
}

function sizeOf(size: number | readonly [number, number] | null | undefined): DiffusionConfiguration['sampleSize'] {
	if (size === null || size === undefined) return null;
	return typeof size === 'number' ? {width: size, height: size} : {width: size[1], height: size[0]};
}

const factorOf = (blocks: readonly unknown[] | null | undefined): number | null => {
	const halvings = halvingsOf(blocks);
	return halvings === null ? null : 2 ** halvings;
};

const halvingsOf = (blocks: readonly unknown[] | null | undefined): number | null =>
	blocks === null || blocks === undefined || blocks.length === 0 ? null : Math.min(16, blocks.length - 1);
