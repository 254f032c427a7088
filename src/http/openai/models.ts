import type {ModelReport} from '../../contract/report.ts';
import {invalid} from '../envelope.ts';
import type {AppContext, Route} from '../options.ts';
import type {Services} from '../services.ts';

/** Names hold `/` and `:`, raw or percent-encoded. */
const path = '/v1/models/:id{.+}';

/** OpenAI's list and entries; `mofa` holds all that we know beside it. */
export function modelRoutes(services: Services): readonly Route[] {
	return [
		{
			method: 'GET',
			path: '/v1/models',
			handler: async context => context.json({object: 'list', data: (await services.models()).map(entryOf)}),
		},
		{
			method: 'GET',
			path,
			handler: async context => context.json(entryOf(await services.model(idOf(context)))),
		},
		{
			method: 'DELETE',
			path,
			async handler(context) {
				const id = idOf(context);
				const force = context.req.query('force') === 'true';
				const mofa = await services.removeModel(id, {force});
				return context.json({id, object: 'model', deleted: true, mofa});
			},
		},
	];
}

function idOf(context: AppContext): string {
	const id = context.req.param('id');
	if (id === undefined || id === '') throw invalid('id', 'the name of a model');
	return id;
}

function entryOf(report: ModelReport): Record<string, unknown> {
	const modified = report.modifiedAt === null ? 0 : Math.floor(Date.parse(report.modifiedAt) / 1000);
	return {id: report.name, object: 'model', created: modified, owned_by: report.source, mofa: report};
}
