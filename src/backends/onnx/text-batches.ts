import type {OnnxSession} from './session.ts';

/** Tokens of a batch for each core: beyond them what a layer holds falls out of its cache, and every text takes longer. */
const tokensOfCore = 512;
/** An accelerator wants to be filled. */
const most = {tokens: 4096, inputs: 64} as const;

/** How much text a network reads at once here. Read it anew for each request: cores come and go. */
export function textBatches({accelerator, threads}: Pick<OnnxSession, 'accelerator' | 'threads'>): {
	readonly tokens: number;
	readonly inputs: number;
} {
	if (accelerator !== 'cpu') return most;
	return {tokens: Math.min(most.tokens, tokensOfCore * Math.max(1, threads)), inputs: 32};
}
