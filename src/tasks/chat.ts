import * as z from 'zod';
import type {Audio, Image} from '../contract/media.ts';
import type {Task} from '../contract/task.ts';
import {generationFields} from './generation-fields.ts';
import type {Generation, TokenLogprob, Usage} from './generation.ts';
import {chatFromPipeline} from './from-pipeline/chat.ts';
import {parseWith} from './parse.ts';
import {chatStage} from './stage/chat.ts';

export type ContentPart =
	| {readonly type: 'text'; readonly text: string}
	| {readonly type: 'image'; readonly image: Image}
	| {readonly type: 'audio'; readonly audio: Audio};

export interface ToolCall {
	readonly id: string;
	readonly name: string;
	readonly arguments: Readonly<Record<string, unknown>>;
}

export interface Tool {
	readonly name: string;
	readonly description?: string | undefined;
	/** JSON Schema of the arguments. */
	readonly parameters?: Readonly<Record<string, unknown>> | undefined;
}

export type ChatMessage =
	| {readonly role: 'system' | 'user'; readonly content: string | readonly ContentPart[]}
	| {
			readonly role: 'assistant';
			readonly content: string;
			readonly thinking?: string | undefined;
			readonly toolCalls?: readonly ToolCall[] | undefined;
	  }
	| {
			readonly role: 'tool';
			readonly content: string;
			readonly toolCallId?: string | undefined;
			readonly name?: string | undefined;
	  };

export type Effort = 'low' | 'medium' | 'high';

export interface ChatRequest extends Generation {
	readonly messages: readonly ChatMessage[];
	readonly tools?: readonly Tool[] | undefined;
	readonly toolChoice?: 'auto' | 'none' | 'required' | {readonly name: string} | undefined;
	/** Absent: as the model's template has it. */
	readonly think?: boolean | Effort | undefined;
}

export type ChatEvent =
	| {readonly type: 'thinking-delta'; readonly text: string}
	| {readonly type: 'text-delta'; readonly text: string; readonly logprobs?: readonly TokenLogprob[]}
	| {readonly type: 'tool-call'; readonly call: ToolCall}
	| {readonly type: 'chat-end'; readonly reason: 'stop' | 'length' | 'tool-calls'; readonly usage: Usage};

export interface ChatResult {
	readonly text: string;
	readonly thinking: string;
	readonly toolCalls: readonly ToolCall[];
	readonly logprobs: readonly TokenLogprob[];
	readonly reason: 'stop' | 'length' | 'tool-calls';
	readonly usage: Usage;
}

const mediaType = z.templateLiteral(['image/', z.string()]);
/** A picture or a sound is its data; what else its producer says of it is no setting. */
const partSchema: z.ZodType<ContentPart> = z.discriminatedUnion('type', [
	z.strictObject({type: z.literal('text'), text: z.string()}),
	z.strictObject({type: z.literal('image'), image: z.object({bytes: z.instanceof(Uint8Array), mediaType})}),
	z.strictObject({
		type: z.literal('audio'),
		audio: z.object({
			samples: z.instanceof(Float32Array),
			sampleRate: z.number().positive(),
			channels: z.union([z.literal(1), z.literal(2)]),
		}),
	}),
]);

const json = z.record(z.string(), z.unknown());
const messageSchema: z.ZodType<ChatMessage> = z.discriminatedUnion('role', [
	z.strictObject({role: z.enum(['system', 'user']), content: z.union([z.string(), z.array(partSchema)])}),
	z.strictObject({
		role: z.literal('assistant'),
		content: z.string(),
		thinking: z.string().optional(),
		toolCalls: z.array(z.strictObject({id: z.string(), name: z.string(), arguments: json})).optional(),
	}),
	z.strictObject({
		role: z.literal('tool'),
		content: z.string(),
		toolCallId: z.string().optional(),
		name: z.string().optional(),
	}),
]);

const requestSchema: z.ZodType<ChatRequest> = z.strictObject({
	messages: z.array(messageSchema).min(1, 'at least one message'),
	tools: z
		.array(z.strictObject({name: z.string().min(1), description: z.string().optional(), parameters: json.optional()}))
		.optional(),
	toolChoice: z.union([z.enum(['auto', 'none', 'required']), z.strictObject({name: z.string()})]).optional(),
	think: z.union([z.boolean(), z.enum(['low', 'medium', 'high'])]).optional(),
	...generationFields,
});

/** A conversation in, the assistant's next turn out. */
export const chat: Task<ChatRequest, ChatEvent, ChatResult> = {
	name: 'chat',
	accepts: ['text', 'image', 'audio'],
	emits: ['text'],
	parse: input => parseWith(requestSchema, input),
	async collect(events) {
		let text = '';
		let thinking = '';
		const toolCalls: ToolCall[] = [];
		const logprobs: TokenLogprob[] = [];
		for await (const event of events) {
			if (event.type === 'text-delta') {
				text += event.text;
				logprobs.push(...(event.logprobs ?? []));
			} else if (event.type === 'thinking-delta') thinking += event.text;
			else if (event.type === 'tool-call') toolCalls.push(event.call);
			else return {text, thinking, toolCalls, logprobs, reason: event.reason, usage: event.usage};
		}
		throw new Error('the chat ended without its closing event');
	},
	visible: event => event.type !== 'chat-end',
	stage: chatStage,
	fromPipeline: chatFromPipeline,
};

declare module '../contract/task.ts' {
	interface Tasks {
		chat: typeof chat;
	}
}
