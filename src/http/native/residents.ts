import * as z from 'zod';
import {ndjson, ndjsonType} from '../ndjson.ts';
import type {AppSettings, Route} from '../options.ts';
import {readJson} from '../read-json.ts';
import {load} from '../run-task.ts';
import type {Services} from '../services.ts';
import {started} from '../started.ts';
import {abortWithClient, streamResponse} from '../stream-response.ts';
import {modelName} from '../model-name.ts';
import {askFields, askOf, parseBody} from './ask.ts';

const loadBody = z.strictObject(askFields);
const unloadBody = z.strictObject({model: modelName});

/** Which models are in memory, and moving them in and out. */
export function residentRoutes(services: Services, settings: AppSettings): readonly Route[] {
	return [
		{method: 'GET', path: '/v1/ps', handler: context => context.json({residents: services.residents()})},
		{
			method: 'GET',
			path: '/v1/default-model',
			handler: async ({req, json}) => json(await services.defaultModel(req.query('task'), req.query('accepts'))),
		},
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
