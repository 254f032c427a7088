import * as z from 'zod';
import type {PipelineAsk, PipelineSpec} from '../../contract/pipeline.ts';
import type {AnyPacket} from '../../contract/stage.ts';
import {reviveBinary} from '../../lib/binary-json.ts';
import {invalid} from '../envelope.ts';
import {requireIntent} from '../guard/intent.ts';
import {answerFramed, isFramed, readFramedBody} from '../framed.ts';
import {ndjson, ndjsonType} from '../ndjson.ts';
import type {AppContext, AppSettings, Route} from '../options.ts';
import {readJson} from '../read-json.ts';
import type {Services} from '../services.ts';
import {started} from '../started.ts';
import {abortWithClient, streamResponse} from '../stream-response.ts';
import {parseBody} from './ask.ts';

/** What a pipeline may be is the pipelines' own to say. */
const spec = z.custom<PipelineSpec>(value => typeof value === 'object' && value !== null, {
	error: 'a list of stages, or {stages}',
});
const pipeline = z.union([z.string().min(1).max(64), spec], {
	error: 'a list of stages, {stages}, or the name of a saved one',
});
const fields = z.strictObject({
	pipeline,
	/** A text, or packets: `[{type: 'value', medium: 'audio', value: …}, …]`. */
	input: z.union([z.string(), z.array(z.unknown())], {error: 'a text, or a list of packets'}).optional(),
});
const planFields = z.strictObject({pipeline});
const saveFields = z.strictObject({
	pipeline: spec,
	description: z.string().max(1000).optional(),
	force: z.boolean().optional(),
});

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
				return context.json(await services.pipelines.plan(await meant(body.pipeline, services)));
			},
		},
		{
			method: 'GET',
			path: '/v1/pipelines',
			handler: async context => context.json({pipelines: await services.savedPipelines()}),
		},
		{
			method: 'PUT',
			path: '/v1/pipelines/:name',
			async handler(context) {
				requireIntent(context);
				const body = parseBody(saveFields, await readJson(context, settings.bodyLimit));
				return context.json(await services.savePipeline({...body, name: context.req.param('name') ?? ''}));
			},
		},
	];
}

async function run(context: AppContext, services: Services, settings: AppSettings): Promise<Response> {
	const body = parseBody(fields, await readJson(context, settings.bodyLimit));
	reviveBinary({input: body.input}, invalid);
	const abort = abortWithClient(context);
	const events = services.pipelines.run({
		pipeline: await meant(body.pipeline, services),
		input: inputOf(body.input),
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

/** Answered with the plan: a client may send its first packet only then. What is wrong before that has a status. */
async function runFramed(context: AppContext, services: Services, settings: AppSettings): Promise<Response> {
	const framed = await readFramedBody(context, settings.bodyLimit);
	const abort = abortWithClient(context);
	try {
		const {input: given, ...rest} = framed.body;
		const live = isStream(given) ? given : null;
		const body = parseBody(fields, live === null ? framed.body : rest);
		const events = services.pipelines.run({
			pipeline: await meant(body.pipeline, services),
			input: live ?? inputOf(body.input),
			signal: abort.signal,
		});
		return answerFramed(context, framed, await started(events, settings.graceMs), settings, abort);
	} catch (error) {
		abort.abort();
		throw error;
	}
}

/** The pipelines check what comes in. */
function inputOf(given: z.infer<typeof fields>['input']): PipelineAsk['input'] {
	return typeof given === 'string' ? each(text(given)) : ((given ?? []) as readonly AnyPacket[]);
}

/** A name stands for what was saved under it. */
async function meant(pipeline: string | PipelineSpec, services: Services): Promise<PipelineSpec> {
	if (typeof pipeline !== 'string') return pipeline;
	const saved = await services.savedPipelines();
	const found = saved.find(({name}) => name === pipeline.toLowerCase());
	if (found !== undefined) return found.pipeline;
	throw invalid(
		'pipeline',
		`one of ${saved.map(({name}) => name).join(', ') || 'none yet: save one with PUT /v1/pipelines/NAME'}`,
	);
}

/** As a stream, so that what is wrong with it is wrong with the whole `input`. */
async function* each<T>(item: T): AsyncGenerator<T> {
	yield item;
}

const text = (value: string): AnyPacket => ({type: 'value', medium: 'text', value});

/** Of packets, which the pipelines check. */
const isStream = (value: unknown): value is AsyncIterable<AnyPacket> =>
	typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
