import type {RunContext} from '../../contract/task.ts';
import type {ChatRequest} from '../chat.ts';

export interface Thinking {
	/** `open`: the prompt has begun the thinking already; `optional`: the model may begin one. */
	readonly mode: 'none' | 'optional' | 'open';
	/** What closes the thinking that the prompt has begun. */
	readonly end?: string;
}

const tags: Readonly<Record<string, string>> = {
	'<think>': '</think>',
	'[THINK]': '[/THINK]',
	'<seed:think>': '</seed:think>',
	'<thinking>': '</thinking>',
};

/** How thinking will show in the answer to this prompt. */
export function thinkingOf(prompt: string, thinks: boolean, wish: ChatRequest['think'], context: RunContext): Thinking {
	if (!thinks && wish !== undefined && wish !== false)
		context.warn({setting: 'think', message: 'this model has no thinking to turn on'});
	const ending = prompt.trimEnd();
	const open = Object.entries(tags).find(([tag]) => ending.endsWith(tag));
	if (open !== undefined) return {mode: 'open', end: open[1]};
	return {mode: thinks ? 'optional' : 'none'};
}
