import {z} from 'zod';
import {MofaError} from '../../contract/error.ts';
import type {LoadEvent} from '../../contract/progress.ts';
import type {TaskName} from '../../contract/task.ts';
import {ndjson, ndjsonType} from '../ndjson.ts';
import type {AppSettings, Route} from '../options.ts';
import {readJson} from '../read-json.ts';
import {takeLease} from '../run-task.ts';
import type {Services} from '../services.ts';
import {started} from '../started.ts';
import {abortWithClient, streamResponse} from '../stream-response.ts';
import {askFields, askOf, parseBody, type ParsedAsk} from './ask.ts';

const loadBody = z.strictObject(askFields);
const unloadBody = z.strictObject({model: z.string().min(1)});

/** Which models are in memory, and moving them in and out. */
export function residentRoutes(services: Services, settings: AppSettings): readonly Route[] {
	return [
		{method: 'GET', path: '/v1/ps', handler: context => context.json({residents: services.residents()})},
		{method: 'GET', path: '/v1/default-model', handler: async context => context.json(await services.defaultModel())},
		{
			method: 'POST',
			path: '/v1/load',
			async handler(context) {
				const ask = askOf(parseBody(loadBody, await readJson(context, settings.bodyLimit)));
				const abort = abortWithClient(context);
				try {
					const events = await started(load(services, ask, abort.signal), settings.graceMs);
					return streamResponse(context, ndjsonType, ndjson(events, settings.onInternal), abort);
				} catch (error) {
					abort.abort();
					throw error;
				}
			},
		},
		{
			method: 'POST',
			path: '/v1/unload',
			async handler(context) {
				const {model} = parseBody(unloadBody, await readJson(context, settings.bodyLimit));
				await services.unload(model);
				return context.json({model, unloaded: true});
			},
		},
	];
}

/** A lease that is given back at once leaves the model loaded. Which task it is for does not matter. */
async function* load(services: Services, ask: ParsedAsk, signal: AbortSignal): AsyncGenerator<LoadEvent> {
	const {tasks} = await services.model(ask.model);
	const task = tasks.find(name => Object.hasOwn(services.tasks, name));
	if (task === undefined) throw new MofaError('task-unsupported', {model: ask.model, task: 'load', supported: tasks});
	const lease = yield* takeLease(services.leases, {...ask, task: task as TaskName, signal});
	await lease[Symbol.asyncDispose]();
}
