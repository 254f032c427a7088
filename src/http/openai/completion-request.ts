import * as z from 'zod';
import type {CompletionRequest} from '../../tasks/completion.ts';
import {invalid} from '../envelope.ts';
import {listOf} from '../list-of.ts';
import type {JsonObject} from '../read-json.ts';
import {
	generationFields,
	parseFields,
	parseGeneration,
	refuseUnsupported,
	unknownFields,
	type GenerationAsk,
} from './generation-fields.ts';

export interface CompletionAsk extends GenerationAsk {
	/** One per prompt. */
	readonly requests: readonly CompletionRequest[];
	readonly echo: boolean;
}

/** What OpenAI's description of this endpoint says; a base model left alone writes until its context is full. */
const defaultMaxTokens = 16;
const choiceLimit = 128;

const notEmpty = ({length}: readonly unknown[]): boolean => length > 0;
const tokens = listOf(z.int().min(0)).refine(notEmpty);
const fields = z.object({
	prompt: z.union(
		[z.string(), listOf(z.string()).refine(notEmpty), tokens, listOf(tokens).refine(notEmpty)],
		'text, token numbers, or a list of either',
	),
	suffix: z.string().nullish(),
	max_tokens: z.int().min(0).nullish(),
	echo: z.boolean().nullish(),
	logprobs: z.int().min(0).max(20).nullish(),
	best_of: z.int().min(1).nullish(),
});
const harmless: ReadonlySet<string> = new Set(['user', 'metadata', 'store']);
const unsupported = {logit_bias: 'nothing: biases for single tokens are not supported'};

/** An OpenAI text completion as our completion task has it. Throws `invalid-request`. */
export function parseCompletion(body: JsonObject): CompletionAsk {
	refuseUnsupported(body, unsupported);
	const ask = parseGeneration(body);
	const parsed = parseFields(fields, body);
	const prompts = promptsOf(parsed.prompt);
	const echo = parsed.echo ?? false;
	if (prompts.length * ask.count > choiceLimit) throw invalid('prompt', `at most ${choiceLimit} answers at once`);
	if (parsed.best_of !== undefined && parsed.best_of !== null && parsed.best_of !== ask.count)
		throw invalid('best_of', 'the same number as n: all answers are given back');
	if (echo && prompts.some(prompt => typeof prompt !== 'string')) throw invalid('echo', 'false for a prompt of tokens');
	if (echo && typeof parsed.logprobs === 'number') throw invalid('echo', 'false with logprobs: the prompt has none');
	return {
		...ask,
		echo,
		requests: prompts.map(prompt => ({
			prompt,
			suffix: parsed.suffix ?? undefined,
			sampling: ask.sampling,
			maxTokens: parsed.max_tokens ?? ask.maxTokens ?? defaultMaxTokens,
			stop: ask.stop,
			logprobs: parsed.logprobs ?? undefined,
		})),
		warnings: [...unknownFields(body, generationFields, new Set(Object.keys(fields.shape)), harmless), ...ask.warnings],
	};
}

function promptsOf(prompt: z.infer<typeof fields>['prompt']): ReadonlyArray<string | readonly number[]> {
	if (typeof prompt === 'string') return [prompt];
	return isTokens(prompt) ? [prompt] : prompt;
}

function isTokens(prompt: ReadonlyArray<string | number | readonly number[]>): prompt is readonly number[] {
	return typeof prompt[0] === 'number';
}
