import {z} from 'zod';
import {serverEvents} from '../../backends/llama-server/server-events.ts';
import {readText, type RunningServer} from '../../backends/llama-server/start-server.ts';
import type {Pictures} from '../../backends/pictures/open-pictures.ts';
import {MofaError} from '../../contract/error.ts';
import type {Handler} from '../../contract/task.ts';
import type {ChatEvent, ChatRequest} from '../../tasks/chat.ts';
import {outputFormat} from '../../tasks/output-format.ts';
import {ServerAnswer} from './answer.ts';
import {serverRequest} from './request.ts';

export interface ServerModel {
	readonly name: string;
	readonly contextLength: number;
}

export function chatHandler(server: RunningServer, pictures: Pictures, model: ServerModel): Handler<'chat'> {
	return async function* (request, context): AsyncGenerator<ChatEvent> {
		if (request.format !== undefined && (request.tools ?? []).length > 0)
			throw new MofaError('invalid-request', {
				path: 'format',
				expected: 'none beside tools: this engine does one or the other',
			});
		const format = request.format === undefined ? undefined : outputFormat(request.format);
		const body = await serverRequest(request, pictures, format, context);
		const response = await server.post({path: '/v1/chat/completions', body, signal: context.signal});
		if (response.statusCode !== 200) throw refusal(model, request, await readText(response));
		const answer = new ServerAnswer();
		for await (const data of serverEvents(response)) yield* answer.read(data);
		const closing = [...answer.end()];
		if (closing.at(-1)?.type === 'chat-end' && isWhole(closing)) format?.check(answer.text);
		yield* closing;
	};
}

const isWhole = (closing: readonly ChatEvent[]): boolean =>
	closing.some(event => event.type === 'chat-end' && event.reason === 'stop');

const refusalSchema = z.object({
	error: z.object({
		message: z.string(),
		n_prompt_tokens: z.number().optional(),
		n_ctx: z.number().optional(),
	}),
});

/** What the server does not take, by what it says of it. */
function refusal({name, contextLength}: ServerModel, {messages}: ChatRequest, text: string): MofaError {
	const {error} = refusalSchema.catch({error: {message: text.slice(0, 300)}}).parse(parseJson(text));
	const {message, n_prompt_tokens: tokens, n_ctx: limit} = error;
	if (tokens !== undefined || /context|exceed/i.test(message))
		return new MofaError('context-overflow', {model: name, tokens: tokens ?? 0, limit: limit ?? contextLength});
	const path = messages.length === 1 ? 'messages.0' : 'messages';
	return new MofaError('invalid-request', {path, expected: `what this model takes: ${message.slice(0, 300)}`});
}

function parseJson(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return null;
	}
}
