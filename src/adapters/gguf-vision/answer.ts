import * as z from 'zod';
import type {ChatEvent, ToolCall} from '../../tasks/chat.ts';
import type {TokenLogprob, Usage} from '../../tasks/generation.ts';

const text = z.string().nullish();
const logprob = z.object({token: z.string(), logprob: z.number()});
const chunkSchema = z.object({
	choices: z
		.array(
			z.object({
				delta: z
					.object({
						content: text,
						reasoning_content: text,
						tool_calls: z
							.array(
								z.object({
									index: z.int().catch(0),
									id: text,
									function: z.object({name: text, arguments: text}).nullish(),
								}),
							)
							.nullish(),
					})
					.nullish(),
				finish_reason: text,
				logprobs: z
					.object({content: z.array(logprob.extend({top_logprobs: z.array(logprob).catch([])})).nullish()})
					.nullish(),
			}),
		)
		.catch([]),
	usage: z.object({prompt_tokens: z.number(), completion_tokens: z.number()}).nullish(),
	timings: z
		.object({cache_n: z.number().catch(0), prompt_ms: z.number().catch(0), predicted_ms: z.number().catch(0)})
		.nullish(),
});

/** What the server streams, told as the chat task has it. */
export class ServerAnswer {
	#text = '';
	#reason: string | null = null;
	readonly #calls: Array<{id: string; name: string; arguments: string}> = [];
	#usage: Usage = {promptTokens: 0, cachedTokens: 0, completionTokens: 0, promptMs: 0, completionMs: 0};

	/** All that was written, without thinking. */
	get text(): string {
		return this.#text;
	}

	*read(data: unknown): Generator<ChatEvent> {
		const {choices, usage, timings} = chunkSchema.parse(data);
		const [choice] = choices;
		const {content, reasoning_content: thinking, tool_calls: calls} = choice?.delta ?? {};
		if (thinking) yield {type: 'thinking-delta', text: thinking};
		if (content) {
			this.#text += content;
			const logprobs = choice?.logprobs?.content?.map(({top_logprobs: top, ...token}): TokenLogprob => ({
				...token,
				top,
			}));
			yield {type: 'text-delta', text: content, ...(logprobs === undefined ? {} : {logprobs})};
		}
		for (const {index, id, function: part} of calls ?? []) {
			const call = (this.#calls[index] ??= {id: '', name: '', arguments: ''});
			call.id ||= id ?? '';
			call.name ||= part?.name ?? '';
			call.arguments += part?.arguments ?? '';
		}
		this.#reason = choice?.finish_reason ?? this.#reason;
		if (usage)
			this.#usage = {...this.#usage, promptTokens: usage.prompt_tokens, completionTokens: usage.completion_tokens};
		if (timings)
			this.#usage = {
				...this.#usage,
				cachedTokens: timings.cache_n,
				promptMs: timings.prompt_ms,
				completionMs: timings.predicted_ms,
			};
	}

	/** The calls, whole, and the closing event. */
	*end(): Generator<ChatEvent> {
		for (const [index, call] of this.#calls.entries()) yield {type: 'tool-call', call: toolCall(call, index)};
		const reason = this.#calls.length > 0 ? 'tool-calls' : this.#reason === 'length' ? 'length' : 'stop';
		yield {type: 'chat-end', reason, usage: this.#usage};
	}
}

function toolCall(
	call: {readonly id: string; readonly name: string; readonly arguments: string},
	index: number,
): ToolCall {
	return {id: call.id === '' ? `call_${index + 1}` : call.id, name: call.name, arguments: objectOf(call.arguments)};
}

/** What is no object is told as it was written: the caller can still read it. */
function objectOf(written: string): Readonly<Record<string, unknown>> {
	try {
		const value: unknown = JSON.parse(written === '' ? '{}' : written);
		if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
	} catch {}
	return {written};
}
