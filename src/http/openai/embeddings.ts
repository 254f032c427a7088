import {MofaError} from '../../contract/error.ts';
import type {Warning} from '../../contract/task.ts';
import {embedding, type EmbeddingEvent, type EmbeddingResult} from '../../tasks/embedding.ts';
import type {AppSettings, Route} from '../options.ts';
import {readJson} from '../read-json.ts';
import {runTask} from '../run-task.ts';
import type {Services} from '../services.ts';
import {abortWithClient} from '../stream-response.ts';
import {warningList} from './choices.ts';
import {parseEmbeddings, type EmbeddingAsk} from './embedding-request.ts';
import {warningsField} from './reply.ts';

export function embeddingsRoute(services: Services, settings: AppSettings): Route {
	return {
		method: 'POST',
		path: '/v1/embeddings',
		async handler(context) {
			const body = await readJson(context, settings.bodyLimit);
			const abort = abortWithClient(context);
			try {
				const ask = parseEmbeddings(body);
				const warnings = warningList(ask.warnings);
				const result = await embedding.collect(embeddingEvents(services, ask, abort.signal, warnings.warn));
				return context.json({...replyOf(ask, result), ...warningsField(warnings.all)});
			} catch (error) {
				abort.abort();
				throw inClientWords(error);
			}
		},
	};
}

async function* embeddingEvents(
	services: Services,
	{model: named, request, keepAlive}: EmbeddingAsk,
	signal: AbortSignal,
	warn: (warning: Warning) => void,
): AsyncGenerator<EmbeddingEvent> {
	const model = await services.modelFor(named, 'embedding');
	const run = {model, task: 'embedding', request, signal, ...(keepAlive === undefined ? {} : {keepAlive})} as const;
	for await (const event of runTask(services.leases, run)) {
		if (event.type === 'warning') warn(inClientSetting(event.warning));
		else if (event.type !== 'load-progress' && event.type !== 'load-end') yield event;
	}
}

function replyOf({model, format}: EmbeddingAsk, {vectors, usage}: EmbeddingResult): Readonly<Record<string, unknown>> {
	return {
		object: 'list',
		data: vectors.map((vector, index) => ({
			object: 'embedding',
			index,
			embedding: format === 'float' ? [...vector] : base64Of(vector),
		})),
		model,
		usage: {prompt_tokens: usage.tokens, total_tokens: usage.tokens},
	};
}

/** Little-endian 32-bit numbers, as every machine this runs on has them in memory. */
const base64Of = ({buffer, byteOffset, byteLength}: Float32Array): string =>
	Buffer.from(buffer, byteOffset, byteLength).toString('base64');

/** OpenAI calls the texts `input`. */
function inClientWords(error: unknown): unknown {
	if (!MofaError.is(error, 'invalid-request') || !/^inputs(\.|$)/.test(error.data.path)) return error;
	const path = error.data.path.replace('inputs', 'input');
	return new MofaError('invalid-request', {path, expected: error.data.expected}, {cause: error});
}

const inClientSetting = (warning: Warning): Warning =>
	warning.setting === 'inputs' ? {...warning, setting: 'input'} : warning;
