import * as z from 'zod';
import type {PullEvent, VerifyEvent} from '../../contract/store.ts';
import {requireIntent, requireSameMachine} from '../guard/intent.ts';
import {ndjson, ndjsonType} from '../ndjson.ts';
import type {AppContext, AppSettings, Route} from '../options.ts';
import {readJson} from '../read-json.ts';
import type {Services} from '../services.ts';
import {started} from '../started.ts';
import {abortWithClient, streamResponse} from '../stream-response.ts';
import {parseBody} from './ask.ts';

const name = z.string().min(1).max(1000);
const bodies = {
	pull: z.strictObject({model: name, evenIfUnfit: z.boolean().default(false)}),
	fit: z.strictObject({
		model: name,
		task: name.nullable().default(null),
		contextLength: z.int().min(1).max(100_000_000).nullable().default(null),
	}),
	prune: z.strictObject({dryRun: z.boolean().default(false)}),
	verify: z.strictObject({models: z.array(name).nullable().default(null), repair: z.boolean().default(false)}),
	alias: z.strictObject({model: name, alias: name, force: z.boolean().default(false)}),
	adopt: z.strictObject({
		tool: name.nullable().default(null),
		folder: z.string().min(1).max(4096).nullable().default(null),
	}),
};
const searchQuery = z.strictObject({
	query: z.string().max(1000).default(''),
	task: name.nullable().default(null),
	limit: z.coerce.number().int().min(1).max(100).default(20),
});

/**
 * Fetching models and keeping them. They stand before OpenAI's `/v1/models/:id`, and take from it the names `search`,
 * `outdated`, `usage` and `registered`, which only an alias could have.
 */
export function storeRoutes(services: Services, settings: AppSettings): readonly Route[] {
	return [...fetching(services, settings), ...asking(services), ...keeping(services, settings)];
}

function fetching(services: Services, settings: AppSettings): readonly Route[] {
	return [
		{
			method: 'POST',
			path: '/v1/models/pull',
			async handler(context) {
				requireIntent(context);
				const ask = await bodyOf(context, bodies.pull, settings);
				return streamOf<PullEvent>(context, settings, signal => services.pull({...ask, signal}));
			},
		},
		{
			method: 'POST',
			path: '/v1/models/verify',
			async handler(context) {
				requireIntent(context);
				const ask = await bodyOf(context, bodies.verify, settings);
				return streamOf<VerifyEvent>(context, settings, signal => services.verify({...ask, signal}));
			},
		},
	];
}

/** Questions to the Hub and to the disk, which change nothing. One that nobody waits for any more is given up. */
function asking(services: Services): readonly Route[] {
	return [
		{
			method: 'POST',
			path: '/v1/models/fit',
			async handler(context) {
				const ask = parseBody(bodies.fit, await readJson(context, smallBody));
				return context.json(await services.fit({...ask, signal: abortWithClient(context).signal}));
			},
		},
		{
			method: 'GET',
			path: '/v1/models/search',
			async handler(context) {
				const ask = parseBody(searchQuery, context.req.query());
				return context.json({models: await services.search(ask, abortWithClient(context).signal)});
			},
		},
		{
			method: 'GET',
			path: '/v1/models/outdated',
			async handler(context) {
				const models = context.req.queries('model') ?? null;
				return context.json({models: await services.outdated(models, abortWithClient(context).signal)});
			},
		},
		{method: 'GET', path: '/v1/models/usage', handler: async context => context.json(await services.usage())},
		{
			method: 'GET',
			path: '/v1/models/registered',
			handler: async context => context.json({models: await services.registered()}),
		},
	];
}

function keeping(services: Services, settings: AppSettings): readonly Route[] {
	return [
		{
			method: 'POST',
			path: '/v1/models/prune',
			async handler(context) {
				requireIntent(context);
				return context.json(await services.prune(await bodyOf(context, bodies.prune, settings)));
			},
		},
		{
			method: 'POST',
			path: '/v1/models/alias',
			async handler(context) {
				requireIntent(context);
				return context.json(await services.alias(await bodyOf(context, bodies.alias, settings)));
			},
		},
		{
			method: 'POST',
			path: '/v1/models/adopt',
			async handler(context) {
				requireIntent(context);
				// It looks into any folder it is told to.
				requireSameMachine(context);
				return context.json({tools: await services.adopt(await bodyOf(context, bodies.adopt, settings))});
			},
		},
	];
}

/** Bytes; names need no more. */
const smallBody = 1024 ** 2;

async function bodyOf<T>(context: AppContext, schema: z.ZodType<T>, {bodyLimit}: AppSettings): Promise<T> {
	return parseBody(schema, await readJson(context, Math.min(bodyLimit, smallBody)));
}

/** A client that leaves ends what it asked for; what was fetched by then stays on the disk. */
async function streamOf<T>(
	context: AppContext,
	{graceMs, onInternal}: AppSettings,
	begin: (signal: AbortSignal) => AsyncIterable<T>,
): Promise<Response> {
	const abort = abortWithClient(context);
	try {
		const events = await started(begin(abort.signal), graceMs);
		return streamResponse(context, ndjsonType, ndjson(events, onInternal), abort);
	} catch (error) {
		abort.abort();
		throw error;
	}
}
