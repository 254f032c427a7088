import {z} from 'zod';
import type {PipelineSpec} from '../../contract/pipeline.ts';
import type {AnyPacket} from '../../contract/stage.ts';
import {reviveBinary} from '../../lib/binary-json.ts';
import {invalid} from '../envelope.ts';
import {answerFramed, isFramed, readFramedBody} from '../framed.ts';
import {ndjson, ndjsonType} from '../ndjson.ts';
import type {AppContext, AppSettings, Route} from '../options.ts';
import {readJson} from '../read-json.ts';
import type {Services} from '../services.ts';
import {started} from '../started.ts';
import {abortWithClient, streamResponse} from '../stream-response.ts';
import {parseBody} from './ask.ts';

/** What a pipeline may be is the pipelines' own to say. */
const pipeline = z.custom<PipelineSpec>(value => typeof value === 'object' && value !== null, {
	error: 'a list of stages, or {stages}',
});
const fields = z.strictObject({
	pipeline,
	/** A text, or packets: `[{type: 'value', medium: 'audio', value: …}, …]`. */
	input: z.union([z.string(), z.array(z.unknown())], {error: 'a text, or a list of packets'}).optional(),
});
const planFields = z.strictObject({pipeline});

/**
 * Pipelines over HTTP. Asked in JSON, the input is in the question and the answer is JSON lines. Asked in frames, `input` is a
 * stream of packets, and both sides speak at the same time.
 */
export function pipelineRoutes(services: Services, settings: AppSettings): readonly Route[] {
	return [
		{
			method: 'POST',
			path: '/v1/pipelines',
			handler: context =>
				isFramed(context) ? runFramed(context, services, settings) : run(context, services, settings),
		},
		{
			method: 'POST',
			path: '/v1/pipelines/plan',
			async handler(context) {
				const body = parseBody(planFields, await readJson(context, settings.bodyLimit));
				return context.json(await services.pipelines.plan(body.pipeline));
			},
		},
	];
}

async function run(context: AppContext, services: Services, settings: AppSettings): Promise<Response> {
	const body = parseBody(fields, await readJson(context, settings.bodyLimit));
	const input = typeof body.input === 'string' ? [text(body.input)] : reviveBinary(body.input ?? [], invalid);
	const abort = abortWithClient(context);
	const events = services.pipelines.run({
		pipeline: body.pipeline,
		// The pipelines check what comes in.
		input: each(input as readonly AnyPacket[]),
		signal: abort.signal,
	});
	try {
		const lines = ndjson(await started(events, settings.graceMs), settings.onInternal);
		return streamResponse(context, ndjsonType, lines, abort);
	} catch (error) {
		abort.abort();
		throw error;
	}
}

async function runFramed(context: AppContext, services: Services, settings: AppSettings): Promise<Response> {
	const framed = await readFramedBody(context, settings.bodyLimit);
	const {body} = framed;
	const input = body['input'];
	const abort = abortWithClient(context);
	const events = services.pipelines.run({
		pipeline: parseBody(planFields, {pipeline: body['pipeline']}).pipeline,
		input: isStream(input) ? input : each([]),
		signal: abort.signal,
	});
	return answerFramed(context, framed, events, settings, abort);
}

async function* each<T>(items: readonly T[]): AsyncGenerator<T> {
	yield* items;
}

const text = (value: string): AnyPacket => ({type: 'value', medium: 'text', value});

/** Of packets, which the pipelines check. */
const isStream = (value: unknown): value is AsyncIterable<AnyPacket> =>
	typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
