import * as z from 'zod';

/** What `config.json` of a network that reads text says of how much it reads. */
export interface Positions {
	readonly max_position_embeddings?: number | null | undefined;
	readonly model_type?: string | null | undefined;
	readonly pad_token_id?: number | null | undefined;
}

const count = z.number().min(1).nullish().catch(null);

/** Fields of `config.json` of a network that reads text, for the schema of whoever reads it. */
export const positionFields: {readonly [K in keyof Positions]-?: z.ZodType<Positions[K]>} = {
	max_position_embeddings: count,
	model_type: z.string().nullish(),
	pad_token_id: z.int().nullish().catch(null),
};

/** `tokenizer_config.json`. */
export const tokenizerLimits: z.ZodType<{readonly model_max_length?: number | null | undefined}> = z.object({
	model_max_length: count,
});

/**
 * Tokens of a row that a network has positions for; Infinity where nothing says it. RoBERTa counts its positions from
 * behind the number of its padding. Pure.
 */
export function positionsOf(config: Positions | null): number {
	const positions = config?.max_position_embeddings ?? Infinity;
	const shifted = /roberta|camembert|mpnet/i.test(config?.model_type ?? '');
	return shifted ? Math.max(1, positions - (config?.pad_token_id ?? 1) - 1) : positions;
}
