import {Hono} from 'hono';
import {similar} from '../lib/similar.ts';
import {errorResponse, failureOf, invalid, Refusal} from './envelope.ts';
import {bearer} from './guard/bearer.ts';
import {cors} from './guard/cors.ts';
import {hostGuard} from './guard/host-guard.ts';
import {backendRoutes} from './native/backends.ts';
import {daemonRoutes} from './native/daemon.ts';
import {pipelineRoutes} from './native/pipelines.ts';
import {residentRoutes} from './native/residents.ts';
import {storeRoutes} from './native/store.ts';
import {pluginRoutes} from './native/plugins.ts';
import {taskRoute} from './native/tasks.ts';
import {chatCompletionsRoute} from './openai/chat-completions.ts';
import {completionsRoute} from './openai/completions.ts';
import {embeddingsRoute} from './openai/embeddings.ts';
import {imageRoutes} from './openai/images.ts';
import {modelRoutes} from './openai/models.ts';
import {speechRoutes} from './openai/speech.ts';
import {transcriptionRoutes} from './openai/transcriptions.ts';
import {settingsOf, type AppEnv, type AppOptions, type AppSettings, type Route} from './options.ts';
import {rerankRoutes} from './rerank/routes.ts';
import type {Services} from './services.ts';

/** The daemon's HTTP: who may call, what there is to call, and what a failure looks like. */
export function createApp(services: Services, options: AppOptions = {}): Hono<AppEnv> {
	const settings = settingsOf(options);
	const app = new Hono<AppEnv>({strict: false});
	const {onRequest} = options;
	if (onRequest !== undefined)
		app.use((_context, next) => {
			onRequest();
			return next();
		});
	app.use(hostGuard(options.allowedHosts ?? []));
	app.use(cors(options.allowedOrigins ?? []));
	if (options.apiKey !== undefined) app.use(bearer(options.apiKey));
	const routes = routesOf(services, settings);
	for (const {method, path, handler} of routes) app.on(method, path, handler);
	refuseOtherMethods(app, routes);
	app.notFound(context => errorResponse(context, unknownPath(context.req.path, routes)));
	app.onError((error, context) => {
		if (failureOf(error).code === 'internal') settings.onInternal(error);
		return errorResponse(context, error);
	});
	return app;
}

function routesOf(services: Services, settings: AppSettings): readonly Route[] {
	return [
		chatCompletionsRoute(services, settings),
		completionsRoute(services, settings),
		embeddingsRoute(services, settings),
		...rerankRoutes(services, settings),
		...imageRoutes(services, settings),
		...speechRoutes(services, settings),
		...transcriptionRoutes(services, settings),
		...storeRoutes(services, settings),
		...modelRoutes(services),
		taskRoute(services, settings),
		...pluginRoutes(services),
		...pipelineRoutes(services, settings),
		...residentRoutes(services, settings),
		...backendRoutes(services, settings),
		...daemonRoutes(services, settings),
	];
}

/** 405 instead of 404 where only the verb is wrong. */
function refuseOtherMethods(app: Hono<AppEnv>, routes: readonly Route[]): void {
	for (const path of new Set(routes.map(route => route.path))) {
		const methods = routes.filter(route => route.path === path).map(route => route.method);
		const allow = [...methods, ...(methods.includes('GET') ? ['HEAD'] : [])].join(', ');
		app.all(path, () => {
			throw new Refusal(405, invalid('method', methods.join(' or ')), {allow});
		});
	}
}

function unknownPath(path: string, routes: readonly Route[]): Refusal {
	const paths = [...new Set(routes.map(route => route.path.replace(/\{.*\}$/, '')))];
	const near = similar(path.slice(0, 200), paths);
	return new Refusal(404, invalid('path', near.length > 0 ? near.join(' or ') : paths.join(', ')));
}
