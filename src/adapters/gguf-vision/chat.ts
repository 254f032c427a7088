import type http from 'node:http';
import * as z from 'zod';
import {serverEvents} from '../../backends/llama-server/server-events.ts';
import {readText, type RunningServer} from '../../backends/llama-server/start-server.ts';
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

export function chatHandler(server: RunningServer, model: ServerModel): Handler<'chat'> {
	return async function* (request, context): AsyncGenerator<ChatEvent> {
		if (request.format !== undefined && (request.tools ?? []).length > 0)
			throw new MofaError('invalid-request', {
				path: 'format',
				expected: 'none beside tools: this engine does one or the other',
			});
		const format = request.format === undefined ? undefined : outputFormat(request.format);
		const body = await serverRequest(request, format, context);
		const answer = new ServerAnswer();
		try {
			const response = await begun(server, body, context.signal, said => refusal(model, request, said));
			for await (const data of serverEvents(response)) {
				if (isRefusal(data)) throw refusal(model, request, data);
				yield* answer.read(data);
			}
		} catch (error) {
			throw await server.meaningOf(error, context.signal);
		}
		const closing = [...answer.end()];
		if (isWhole(closing)) format?.check(answer.text);
		yield* closing;
	};
}

/**
 * The answer, once it has begun. The server keeps what a request has in common with the one before, and stumbles where that
 * ends between two pictures without text between them: then it is asked once more to keep nothing.
 */
async function begun(
	server: RunningServer,
	body: object,
	signal: AbortSignal,
	refused: (said: unknown) => Error,
): Promise<http.IncomingMessage> {
	const path = '/v1/chat/completions';
	const response = await server.post({path, body, signal});
	if (response.statusCode === 200) return response;
	const text = await readText(response);
	if (!text.includes('Chunk not found')) throw refused(parseJson(text));
	const again = await server.post({path, body: {...body, cache_prompt: false}, signal});
	if (again.statusCode !== 200) throw refused(parseJson(await readText(again)));
	return again;
}

const isWhole = (closing: readonly ChatEvent[]): boolean =>
	closing.some(event => event.type === 'chat-end' && event.reason === 'stop');

const refusalSchema = z.object({
	error: z.object({
		message: z.string().catch(''),
		type: z.string().catch(''),
		code: z.number().optional().catch(undefined),
		n_prompt_tokens: z.number().optional(),
		n_ctx: z.number().optional(),
	}),
});

const isRefusal = (data: unknown): boolean => refusalSchema.safeParse(data).success;

/** What the server does not take, by what it says of it; what is its own fault stays its own. */
function refusal({name, contextLength}: ServerModel, {messages}: ChatRequest, said: unknown): Error {
	const parsed = refusalSchema.safeParse(said);
	if (!parsed.success) return new Error('llama-server refused without saying why');
	const {message, type, code = 400, n_prompt_tokens: tokens, n_ctx: limit} = parsed.data.error;
	const words = (message || type).slice(0, 300);
	if (type === 'exceed_context_size_error' || tokens !== undefined)
		return new MofaError('context-overflow', {model: name, tokens: tokens ?? 0, limit: limit ?? contextLength});
	if (code >= 500) return new Error(`llama-server: ${words}`);
	const path = messages.length === 1 ? 'messages.0' : 'messages';
	return new MofaError('invalid-request', {path, expected: `what this model takes: ${words}`});
}

/** Null where it is none. */
function parseJson(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return null;
	}
}
