import {MofaError} from '../../contract/error.ts';
import {Refusal} from '../envelope.ts';
import {isLocalSocket, type AppContext, type AppMiddleware} from '../options.ts';

const allowedHeaders: ReadonlySet<string> = new Set([
	'authorization',
	'content-type',
	'user-agent',
	'accept',
	'x-requested-with',
	'openai-beta',
	'openai-organization',
	'openai-project',
]);
const localOrigin = /^https?:\/\/(localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1\])(:\d+)?$/;
/** Pages that programs ship themselves; no web site can have such an origin. */
const programOrigin = /^(app|file|tauri|vscode-webview|vscode-file):\/\//;

/** Lets pages from this machine call; refuses every other one, whether or not its browser would have hidden the answer. */
export function cors(allowedOrigins: readonly string[]): AppMiddleware {
	return async (context, next) => {
		const origin = context.req.header('origin');
		if (origin === undefined) return next();
		if (!isAllowedOrigin(origin, context.req.header('host'), allowedOrigins) && !isLocalSocket(context))
			throw new Refusal(403, new MofaError('unauthorized', originHint(origin)));
		context.header('access-control-allow-origin', origin);
		context.header('vary', 'Origin');
		context.header('access-control-expose-headers', 'x-mofa-warnings, retry-after');
		if (context.req.method !== 'OPTIONS' || context.req.header('access-control-request-method') === undefined)
			return next();
		return preflight(context);
	};
}

/** Pure. */
export function isAllowedOrigin(origin: string, host: string | undefined, allowed: readonly string[] = []): boolean {
	return (
		localOrigin.test(origin) ||
		programOrigin.test(origin) ||
		(host !== undefined && (origin === `http://${host}` || origin === `https://${host}`)) ||
		allowed.includes('*') ||
		allowed.includes(origin)
	);
}

function preflight(context: AppContext): Response {
	const asked = (context.req.header('access-control-request-headers') ?? '').split(',').map(name => name.trim());
	const granted = asked.filter(name => allowedHeaders.has(name.toLowerCase()) || /^x-stainless-/i.test(name));
	context.header('access-control-allow-methods', 'GET, POST, DELETE, HEAD, OPTIONS');
	if (granted.length > 0) context.header('access-control-allow-headers', granted.join(', '));
	if (context.req.header('access-control-request-private-network') === 'true')
		context.header('access-control-allow-private-network', 'true');
	context.header('access-control-max-age', '3600');
	return context.body(null, 204);
}

function originHint(origin: string): {address: string; hint: string} {
	return {address: origin, hint: `pages from ${origin} may not call mofa; add the origin to its settings to allow it`};
}
