import {randomBytes} from 'node:crypto';
import {MofaError} from '../../contract/error.ts';
import type {Warning} from '../../contract/task.ts';
import {reranking, type RankedDocument, type RerankingEvent, type RerankingResult} from '../../tasks/reranking.ts';
import {warningList} from '../openai/choices.ts';
import {warningsField, warningsHeader} from '../openai/reply.ts';
import type {AppContext, AppSettings, Route} from '../options.ts';
import {readJson} from '../read-json.ts';
import {runTask} from '../run-task.ts';
import type {Services} from '../services.ts';
import {abortWithClient} from '../stream-response.ts';
import {parseInferenceRerank, parseRerank, type RerankAsk} from './request.ts';

/** Where servers that rank have it; one reply holds what the clients of each of them look for. */
const paths = ['/v1/rerank', '/v2/rerank', '/rerank', '/reranking', '/v1/reranking'] as const;

export function rerankRoutes(services: Services, settings: AppSettings): readonly Route[] {
	return paths.map(path => ({
		method: 'POST',
		path,
		async handler(context) {
			const body = await readJson(context, settings.bodyLimit);
			const isInference = path === '/rerank' && Object.hasOwn(body, 'texts');
			const abort = abortWithClient(context);
			try {
				const ask = isInference ? parseInferenceRerank(body) : parseRerank(body, {withTexts: path !== '/v2/rerank'});
				const model = await modelOf(services, ask);
				const warnings = warningList(ask.warnings);
				const warn = (warning: Warning): void => warnings.warn(isInference ? inTexts(warning) : warning);
				const result = await reranking.collect(scores(services, {...ask, model}, abort.signal, warn));
				return isInference
					? inferenceReply(context, ask, result, warnings.all)
					: context.json({
							...replyOf({...ask, model}, result, path === '/v2/rerank' ? '2' : '1'),
							...warningsField(warnings.all),
						});
			} catch (error) {
				abort.abort();
				throw isInference ? inTextsOf(error) : error;
			}
		},
	}));
}

async function modelOf(services: Services, {model}: RerankAsk): Promise<string> {
	return model === null ? (await services.defaultModel('reranking')).model : services.modelFor(model, 'reranking');
}

async function* scores(
	services: Services,
	{model, request, keepAlive}: RerankAsk & {readonly model: string},
	signal: AbortSignal,
	warn: (warning: Warning) => void,
): AsyncGenerator<RerankingEvent> {
	const run = {model, task: 'reranking', request, signal, ...(keepAlive === undefined ? {} : {keepAlive})} as const;
	for await (const event of runTask(services.leases, run)) {
		if (event.type === 'warning') warn(event.warning);
		else if (event.type !== 'load-progress' && event.type !== 'load-end') yield event;
	}
}

/** Of Jina (`usage`, `document`), Cohere (`id`, `meta`) and llama.cpp (`object`). More than there are asked for are all. */
function replyOf(
	{model, request: {documents}, top, withTexts}: RerankAsk & {readonly model: string},
	{results, usage}: RerankingResult,
	version: string,
): Readonly<Record<string, unknown>> {
	return {
		id: `rerank-${randomBytes(12).toString('hex')}`,
		object: 'list',
		model,
		results: results
			.slice(0, top)
			.map(result => rankedItem(result, withTexts ? (documents[result.index] ?? '') : null)),
		usage: {prompt_tokens: usage.tokens, total_tokens: usage.tokens},
		meta: {api_version: {version}, tokens: {input_tokens: usage.tokens, output_tokens: 0}},
	};
}

/** A bare list, which leaves no place for warnings but the head of the answer. */
function inferenceReply(
	context: AppContext,
	{request: {documents}, withTexts}: RerankAsk,
	{results}: RerankingResult,
	warnings: readonly Warning[],
): Response {
	if (warnings.length > 0) context.header('x-mofa-warnings', warningsHeader(warnings));
	return context.json(results.map(result => scoredItem(result, withTexts ? (documents[result.index] ?? '') : null)));
}

function rankedItem({index, score}: RankedDocument, text: string | null): Readonly<Record<string, unknown>> {
	const item = {index, relevance_score: score};
	return text === null ? item : {...item, document: {text}};
}

const scoredItem = ({index, score}: RankedDocument, text: string | null): Readonly<Record<string, unknown>> =>
	text === null ? {index, score} : {index, score, text};

/** What we call documents are its texts. */
const spelt = (path: string): string => path.replace(/^documents(?=\.|$)/, 'texts');

const inTexts = (warning: Warning): Warning => ({...warning, setting: spelt(warning.setting)});

function inTextsOf(error: unknown): unknown {
	if (!MofaError.is(error, 'invalid-request')) return error;
	const {path, expected} = error.data;
	return new MofaError('invalid-request', {path: spelt(path), expected}, {cause: error});
}
