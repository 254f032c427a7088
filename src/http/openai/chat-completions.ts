import type {Warning} from '../../contract/task.ts';
import {chat, type ChatResult, type ToolCall} from '../../tasks/chat.ts';
import type {Usage} from '../../tasks/generation.ts';
import type {AppContext, AppSettings, Route} from '../options.ts';
import {readJson} from '../read-json.ts';
import type {TaskRun} from '../run-task.ts';
import type {Services} from '../services.ts';
import {sseComment, sseType} from '../sse.ts';
import {started} from '../started.ts';
import {abortWithClient, streamResponse, withKeepAlive} from '../stream-response.ts';
import {fetchPictures} from './fetch-pictures.ts';
import {parseChat, type ChatAsk} from './chat-request.ts';
import {collectChoices, inClientWords, streamChoices, warningList, type ChoiceEvent, type Choices} from './choices.ts';
import {chatLogprobs, replyHead, seedOf, usageOf, warningsField, warningsHeader, type ReplyHead} from './reply.ts';
import {sseChunks} from './sse-chunks.ts';

const finishReasons = {stop: 'stop', length: 'length', 'tool-calls': 'tool_calls'} as const;

export function chatCompletionsRoute(services: Services, settings: AppSettings): Route {
	return {
		method: 'POST',
		path: '/v1/chat/completions',
		async handler(context) {
			const body = await readJson(context, settings.bodyLimit);
			const abort = abortWithClient(context);
			const ask = parseChat(settings.imageUrls ? await fetchPictures(body, abort.signal) : body);
			const warnings = warningList(ask.warnings, ask.sampling.unknown);
			const choices = {leases: services.leases, runs: runsOf(ask, abort.signal), warn: warnings.warn};
			try {
				if (!ask.stream) return await answer(context, services, ask, choices, warnings.all);
				const head = headOf(services, ask, 'chat.completion.chunk');
				const events = await started(streamChoices(choices), settings.graceMs);
				const chunks = sseChunks(chatChunks(head, ask, events, warnings.all), settings.onInternal);
				return streamResponse(context, sseType, withKeepAlive(chunks, sseComment, settings.keepAliveMs), abort);
			} catch (error) {
				abort.abort();
				throw inClientWords(error);
			}
		},
	};
}

function runsOf(ask: ChatAsk, signal: AbortSignal): ReadonlyArray<TaskRun<'chat'>> {
	const {model, settings, keepAlive, request} = ask;
	return Array.from({length: ask.count}, (_, index) => ({
		model,
		task: 'chat',
		settings,
		signal,
		...(keepAlive === undefined ? {} : {keepAlive}),
		request: {...request, sampling: {...request.sampling, seed: seedOf(request.sampling?.seed, index)}},
	}));
}

function headOf(services: Services, ask: ChatAsk, object: string): ReplyHead {
	return replyHead('chatcmpl', object, ask.model, services.version().version);
}

async function answer(
	context: AppContext,
	services: Services,
	ask: ChatAsk,
	choices: Choices<'chat'>,
	warnings: readonly Warning[],
): Promise<Response> {
	const results = await collectChoices(choices, chat.collect);
	if (warnings.length > 0) context.header('x-mofa-warnings', warningsHeader(warnings));
	return context.json({
		...headOf(services, ask, 'chat.completion'),
		choices: results.map((result, index) => choiceOf(result, index, ask)),
		usage: usageOf(results.map(result => result.usage)),
		...warningsField(warnings),
	});
}

function choiceOf(result: ChatResult, index: number, ask: ChatAsk): Record<string, unknown> {
	return {
		index,
		message: {
			role: 'assistant',
			content: result.text === '' && result.toolCalls.length > 0 ? null : result.text,
			refusal: null,
			...(result.thinking === '' ? {} : {reasoning: result.thinking}),
			...(result.toolCalls.length === 0 ? {} : {tool_calls: result.toolCalls.map(callOf)}),
		},
		logprobs: ask.request.logprobs === undefined ? null : chatLogprobs(result.logprobs),
		finish_reason: finishReasons[result.reason],
	};
}

/** Arguments travel as a string of JSON in this API. */
function callOf({id, name, arguments: given}: ToolCall): Record<string, unknown> {
	return {id, type: 'function', function: {name, arguments: JSON.stringify(given)}};
}

/** Per choice: the role, text and thinking and tool calls as they come, the reason it ended; then the usage if asked for. */
export async function* chatChunks(
	head: ReplyHead,
	ask: Pick<ChatAsk, 'count' | 'includeUsage'>,
	events: AsyncIterable<ChoiceEvent<'chat'>>,
	warnings: readonly Warning[],
): AsyncGenerator<Record<string, unknown>> {
	const usages: Usage[] = [];
	const begun = new Set<number>();
	const calls: number[] = [];
	const chunk = (
		index: number,
		delta: object,
		logprobs: unknown = null,
		finish: string | null = null,
	): Record<string, unknown> => ({
		...head,
		choices: [{index, delta, logprobs, finish_reason: finish}],
		...(ask.includeUsage ? {usage: null} : {}),
	});
	for await (const {index, event} of events) {
		if (!begun.has(index)) yield chunk(index, {role: 'assistant', content: ''});
		begun.add(index);
		switch (event.type) {
			case 'thinking-delta':
				yield chunk(index, {reasoning: event.text});
				break;
			case 'text-delta':
				yield chunk(index, {content: event.text}, chatLogprobs(event.logprobs));
				break;
			case 'tool-call': {
				const position = calls[index] ?? 0;
				calls[index] = position + 1;
				yield chunk(index, {tool_calls: [{index: position, ...callOf(event.call)}]});
				break;
			}
			case 'chat-end':
				usages[index] = event.usage;
				yield {...chunk(index, {}, null, finishReasons[event.reason]), ...warningsField(warnings)};
		}
	}
	if (Object.keys(usages).length < ask.count) throw new Error('the chat ended without its closing event');
	if (ask.includeUsage) yield {...head, choices: [], usage: usageOf(usages)};
}
