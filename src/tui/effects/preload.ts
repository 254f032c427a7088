import type {Client} from '../../client/client.ts';
import {failureLines} from '../notices.ts';
import type {Store} from '../store.ts';
import {untilAborted} from './until-aborted.ts';

/** Loads the model of the state while a message is still being typed; a newer load takes the place of an older one. */
export function createPreload(
	{client, store, now}: {readonly client: Client; readonly store: Store; readonly now: () => number},
	lifetime: AbortSignal,
): () => Promise<void> {
	let current: AbortController | undefined;
	return async () => {
		current?.abort();
		const own = new AbortController();
		current = own;
		const {model, settings} = store.state();
		const signal = AbortSignal.any([own.signal, lifetime]);
		const keepAlive = settings.keepAlive === null ? {} : {keepAlive: settings.keepAlive};
		store.dispatch({type: 'load-started', model, now: now()});
		try {
			for await (const event of untilAborted(
				client.load({model, settings: settings.load, ...keepAlive, signal}),
				signal,
			))
				if (event.type === 'load-progress' && !signal.aborted)
					store.dispatch({type: 'load-progressed', fraction: event.fraction});
		} catch (error) {
			// A message that waits for the same load tells about it.
			if (!signal.aborted && store.state().turn === null)
				store.dispatch({type: 'lines-printed', lines: failureLines(error)});
		}
		if (own === current) store.dispatch({type: 'load-ended'});
	};
}
