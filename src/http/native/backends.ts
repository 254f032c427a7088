import type {InstallEvent} from '../../contract/progress.ts';
import {invalid, Refusal} from '../envelope.ts';
import {requireIntent} from '../guard/intent.ts';
import {ndjson, ndjsonType} from '../ndjson.ts';
import type {AppContext, AppSettings, Route} from '../options.ts';
import type {Services} from '../services.ts';
import {started} from '../started.ts';
import {abortWithClient, streamResponse} from '../stream-response.ts';

/** The packs that hold native runtimes. */
export function backendRoutes(services: Services, settings: AppSettings): readonly Route[] {
	return [
		{method: 'GET', path: '/v1/backends', handler: async context => context.json({packs: await services.packs()})},
		{
			method: 'GET',
			path: '/v1/backends/:name',
			async handler(context) {
				const name = nameOf(context);
				const packs = await services.packs();
				const pack = packs.find(known => known.name === name);
				if (pack !== undefined) return context.json(pack);
				const names = packs.map(known => known.name).join(', ');
				throw new Refusal(404, invalid('name', names === '' ? 'nothing: there are no packs' : `one of ${names}`));
			},
		},
		{
			method: 'POST',
			path: '/v1/backends/:name',
			async handler(context) {
				requireIntent(context);
				const abort = abortWithClient(context);
				const name = nameOf(context);
				try {
					const events = await started<InstallEvent>(services.installPack(name, abort.signal), settings.graceMs);
					return streamResponse(context, ndjsonType, ndjson(events, settings.onInternal), abort);
				} catch (error) {
					abort.abort();
					throw error;
				}
			},
		},
		{
			method: 'DELETE',
			path: '/v1/backends/:name',
			async handler(context) {
				requireIntent(context);
				return context.json(await services.removePack(nameOf(context)));
			},
		},
	];
}

function nameOf(context: AppContext): string {
	return context.req.param('name') ?? '';
}
