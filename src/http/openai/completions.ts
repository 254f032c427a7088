import type {Warning} from '../../contract/task.ts';
import {completion} from '../../tasks/completion.ts';
import type {TokenLogprob, Usage} from '../../tasks/generation.ts';
import type {AppContext, AppSettings, Route} from '../options.ts';
import {readJson} from '../read-json.ts';
import type {TaskRun} from '../run-task.ts';
import type {Services} from '../services.ts';
import {sseComment, sseType} from '../sse.ts';
import {started} from '../started.ts';
import {abortWithClient, streamResponse, withKeepAlive} from '../stream-response.ts';
import {collectChoices, inClientWords, streamChoices, warningList, type ChoiceEvent, type Choices} from './choices.ts';
import {parseCompletion, type CompletionAsk} from './completion-request.ts';
import {replyHead, seedOf, usageOf, warningsField, warningsHeader, type ReplyHead} from './reply.ts';
import {sseChunks} from './sse-chunks.ts';

export function completionsRoute(services: Services, settings: AppSettings): Route {
	return {
		method: 'POST',
		path: '/v1/completions',
		async handler(context) {
			const ask = parseCompletion(await readJson(context, settings.bodyLimit));
			const abort = abortWithClient(context);
			const warnings = warningList(ask.warnings, ask.sampling.unknown);
			const choices = {leases: services.leases, runs: runsOf(ask, abort.signal), warn: warnings.warn};
			try {
				const head = replyHead('cmpl', 'text_completion', ask.model, services.version().version);
				if (!ask.stream) return await answer(context, head, ask, choices, warnings.all);
				const events = await started(streamChoices(choices), settings.graceMs);
				const chunks = sseChunks(completionChunks(head, ask, events, warnings.all), settings.onInternal);
				return streamResponse(context, sseType, withKeepAlive(chunks, sseComment, settings.keepAliveMs), abort);
			} catch (error) {
				abort.abort();
				throw inClientWords(error);
			}
		},
	};
}

/** The choices of the first prompt, then those of the second, as OpenAI numbers them. */
function runsOf(ask: CompletionAsk, signal: AbortSignal): ReadonlyArray<TaskRun<'completion'>> {
	const {model, settings, keepAlive} = ask;
	return ask.requests.flatMap(request =>
		Array.from({length: ask.count}, (_, index) => ({
			model,
			task: 'completion' as const,
			settings,
			signal,
			...(keepAlive === undefined ? {} : {keepAlive}),
			request: {...request, sampling: {...request.sampling, seed: seedOf(request.sampling?.seed, index)}},
		})),
	);
}

async function answer(
	context: AppContext,
	head: ReplyHead,
	ask: CompletionAsk,
	choices: Choices<'completion'>,
	warnings: readonly Warning[],
): Promise<Response> {
	const results = await collectChoices(choices, completion.collect);
	if (warnings.length > 0) context.header('x-mofa-warnings', warningsHeader(warnings));
	return context.json({
		...head,
		choices: results.map((result, index) => ({
			text: echoOf(ask, index) + result.text,
			index,
			logprobs: legacyLogprobs(ask, result.logprobs, 0),
			finish_reason: result.reason,
		})),
		usage: usageOf(
			results.map(result => result.usage),
			ask.requests.length,
		),
		...warningsField(warnings),
	});
}

export async function* completionChunks(
	head: ReplyHead,
	ask: CompletionAsk,
	events: AsyncIterable<ChoiceEvent<'completion'>>,
	warnings: readonly Warning[],
): AsyncGenerator<Record<string, unknown>> {
	const usages: Usage[] = [];
	const written: number[] = [];
	const chunk = (
		index: number,
		text: string,
		logprobs: unknown = null,
		finish: string | null = null,
	): Record<string, unknown> => ({
		...head,
		choices: [{text, index, logprobs, finish_reason: finish}],
		...(ask.includeUsage ? {usage: null} : {}),
	});
	for await (const {index, event} of events) {
		const offset = written[index];
		if (offset === undefined && ask.echo) yield chunk(index, echoOf(ask, index));
		written[index] = offset ?? 0;
		if (event.type === 'text-delta') {
			yield chunk(index, event.text, legacyLogprobs(ask, event.logprobs ?? [], offset ?? 0));
			written[index] = (offset ?? 0) + event.text.length;
		} else {
			usages[index] = event.usage;
			yield {...chunk(index, '', null, event.reason), ...warningsField(warnings)};
		}
	}
	if (Object.keys(usages).length < ask.requests.length * ask.count)
		throw new Error('the completion ended without its closing event');
	if (ask.includeUsage) yield {...head, choices: [], usage: usageOf(usages, ask.requests.length)};
}

function echoOf(ask: CompletionAsk, index: number): string {
	const prompt = ask.requests[Math.floor(index / ask.count)]?.prompt;
	return ask.echo && typeof prompt === 'string' ? prompt : '';
}

/** The parallel lists of this endpoint, older than those of chat. `offset` is where the text starts, in characters. */
function legacyLogprobs(
	ask: CompletionAsk,
	logprobs: readonly TokenLogprob[],
	offset: number,
): Record<string, unknown> | null {
	if (ask.requests[0]?.logprobs === undefined) return null;
	let at = offset;
	const offsets = logprobs.map(({token}) => {
		const here = at;
		at += token.length;
		return here;
	});
	return {
		tokens: logprobs.map(({token}) => token),
		token_logprobs: logprobs.map(({logprob}) => logprob),
		top_logprobs: logprobs.map(({top}) => Object.fromEntries(top.map(({token, logprob}) => [token, logprob]))),
		text_offset: offsets,
	};
}
