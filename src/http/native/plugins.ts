import {requireIntent, requireSameMachine} from '../guard/intent.ts';
import type {Route} from '../options.ts';
import type {Services} from '../services.ts';

/**
 * What can be asked for, and who brings it. Nothing is installed over HTTP: a plugin is code, and whoever may ask for an answer may
 * not therefore say what runs here.
 */
export function pluginRoutes(services: Services): readonly Route[] {
	return [
		{
			method: 'GET',
			path: '/v1/tasks',
			handler: async context => context.json({tasks: await services.describeTasks()}),
		},
		{
			method: 'GET',
			path: '/v1/plugins',
			handler: async context => context.json({plugins: await services.plugins()}),
		},
		{
			method: 'POST',
			path: '/v1/plugins/reload',
			async handler(context) {
				requireIntent(context);
				requireSameMachine(context);
				return context.json({plugins: await services.reloadPlugins()});
			},
		},
	];
}
