import {randomBytes} from 'node:crypto';
import type {Warning} from '../../contract/task.ts';
import type {TokenLogprob, Usage} from '../../tasks/generation.ts';

/** What every object of one reply repeats; all chunks of a stream carry the same. */
export interface ReplyHead {
	readonly id: string;
	readonly object: string;
	readonly created: number;
	readonly model: string;
	readonly system_fingerprint: string;
}

export function replyHead(prefix: 'chatcmpl' | 'cmpl', object: string, model: string, version: string): ReplyHead {
	const id = `${prefix}-${randomBytes(12).toString('hex')}`;
	return {id, object, created: Math.floor(Date.now() / 1000), model, system_fingerprint: `mofa-${version}`};
}

/** The prompt of several choices is one prompt, so it is counted once; `prompts` of them were different. */
export function usageOf(usages: readonly Usage[], prompts = 1): Record<string, unknown> {
	const choices = Math.max(1, usages.length / prompts);
	const firsts = usages.filter((_, index) => index % choices === 0);
	const promptTokens = sum(firsts.map(usage => usage.promptTokens));
	const completionTokens = sum(usages.map(usage => usage.completionTokens));
	return {
		prompt_tokens: promptTokens,
		completion_tokens: completionTokens,
		total_tokens: promptTokens + completionTokens,
		prompt_tokens_details: {cached_tokens: sum(firsts.map(usage => usage.cachedTokens))},
	};
}

/** Nothing when nothing was warned of. */
export function warningsField(warnings: readonly Warning[]): {mofa?: {warnings: readonly Warning[]}} {
	return warnings.length === 0 ? {} : {mofa: {warnings}};
}

/** For `x-mofa-warnings`: JSON in ASCII, short enough for any proxy. */
export function warningsHeader(warnings: readonly Warning[]): string {
	let kept = [...warnings];
	const text = (): string =>
		JSON.stringify(kept).replaceAll(/[^\x20-\x7E]/g, unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
	while (kept.length > 0 && text().length > 4096) kept = kept.slice(0, -1);
	return text();
}

/** The seed of the choice at `index`: one seed for all would write the same answer n times. */
export function seedOf(seed: number | undefined, index: number): number | undefined {
	return seed === undefined ? undefined : seed + index;
}

export function chatLogprobs(logprobs: readonly TokenLogprob[] | undefined): Record<string, unknown> | null {
	if (logprobs === undefined) return null;
	const entry = ({token, logprob}: {token: string; logprob: number}): Record<string, unknown> => ({
		token,
		logprob,
		bytes: [...Buffer.from(token, 'utf8')],
	});
	return {content: logprobs.map(item => ({...entry(item), top_logprobs: item.top.map(entry)})), refusal: null};
}

function sum(numbers: readonly number[]): number {
	return numbers.reduce((total, value) => total + value, 0);
}
