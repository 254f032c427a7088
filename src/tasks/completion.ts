import * as z from 'zod';
import type {Task} from '../contract/task.ts';
import {generationFields} from './generation-fields.ts';
import type {Generation, TokenLogprob, Usage} from './generation.ts';
import {parseWith} from './parse.ts';
import {completionStage} from './stage/completion.ts';

export interface CompletionRequest extends Generation {
	/** Goes to the model as it is: no chat template. Text, or token numbers. */
	readonly prompt: string | readonly number[];
	/** What comes after the gap, for models trained to fill one in. */
	readonly suffix?: string | undefined;
}

export type CompletionEvent =
	| {readonly type: 'text-delta'; readonly text: string; readonly logprobs?: readonly TokenLogprob[]}
	| {readonly type: 'completion-end'; readonly reason: 'stop' | 'length'; readonly usage: Usage};

export interface CompletionResult {
	readonly text: string;
	readonly logprobs: readonly TokenLogprob[];
	readonly reason: 'stop' | 'length';
	readonly usage: Usage;
}

const requestSchema: z.ZodType<CompletionRequest> = z.strictObject({
	prompt: z.union([z.string(), z.array(z.int().min(0))]),
	suffix: z.string().optional(),
	...generationFields,
});

/** Raw text in, its continuation out. */
export const completion: Task<CompletionRequest, CompletionEvent, CompletionResult> = {
	name: 'completion',
	accepts: ['text'],
	emits: ['text'],
	parse: input => parseWith(requestSchema, input),
	async collect(events) {
		let text = '';
		const logprobs: TokenLogprob[] = [];
		for await (const event of events) {
			if (event.type === 'completion-end') return {text, logprobs, reason: event.reason, usage: event.usage};
			text += event.text;
			logprobs.push(...(event.logprobs ?? []));
		}
		throw new Error('the completion ended without its closing event');
	},
	visible: event => event.type === 'text-delta',
	stage: completionStage,
};

declare module '../contract/task.ts' {
	interface Tasks {
		completion: typeof completion;
	}
}
