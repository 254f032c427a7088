import type {DaemonEvent} from '../../contract/report.ts';
import {requireIntent, requireSameMachine} from '../guard/intent.ts';
import type {AppSettings, Route} from '../options.ts';
import type {Services} from '../services.ts';
import {sseComment, sseData, sseType} from '../sse.ts';
import {abortWithClient, streamResponse, withKeepAlive} from '../stream-response.ts';

/** The daemon about itself and the machine. */
export function daemonRoutes(services: Services, settings: AppSettings): readonly Route[] {
	return [
		{method: 'GET', path: '/', handler: context => context.text('mofa is running\n')},
		{method: 'GET', path: '/health', handler: context => context.json({status: 'ok'})},
		{method: 'GET', path: '/v1/version', handler: context => context.json(services.version())},
		{method: 'GET', path: '/v1/info', handler: async context => context.json(await services.device())},
		{
			method: 'GET',
			path: '/v1/events',
			handler(context) {
				const abort = abortWithClient(context);
				const pieces = eventPieces(services, abort.signal);
				return streamResponse(context, sseType, withKeepAlive(pieces, sseComment, settings.keepAliveMs), abort);
			},
		},
		{
			method: 'POST',
			path: '/v1/shutdown',
			handler(context) {
				requireIntent(context);
				requireSameMachine(context);
				services.shutdown();
				return context.json({stopping: true}, 202);
			},
		},
	];
}

/** Events that a reader may be behind; one that is further behind is cut off and can ask again. */
const backlog = 1000;

/** Every event of the daemon until it stops, the client leaves, or falls too far behind. */
async function* eventPieces(services: Services, signal: AbortSignal): AsyncGenerator<string> {
	const state: {waiting: DaemonEvent[]; wake: () => void} = {waiting: [], wake() {}};
	const end = services.onEvent(event => {
		state.waiting.push(event);
		state.wake();
	});
	const wake = (): void => state.wake();
	signal.addEventListener('abort', wake, {once: true});
	try {
		while (!signal.aborted && state.waiting.length <= backlog) {
			const event = state.waiting.shift();
			if (event === undefined)
				await new Promise<void>(resolve => {
					state.wake = resolve;
				});
			else {
				yield sseData(event);
				if (event.type === 'daemon-stopping') return;
			}
		}
	} finally {
		end();
		signal.removeEventListener('abort', wake);
	}
}
