import type {Device} from '../contract/backend.ts';
import type {AnyEngine} from '../contract/engine.ts';
import type {CheckList} from './checks.ts';

/** What the scheduler asks of an engine, whatever it does. */
export async function checkLifecycle(list: CheckList, engine: AnyEngine, {cores, pools}: Device): Promise<void> {
	await list.check('it says how much memory it holds', () => {
		const entries = Object.entries(engine.footprint);
		const strange = entries.find(([pool, bytes]) => !Object.hasOwn(pools, pool) || !(bytes >= 0));
		if (strange !== undefined) return `${strange[0]}: ${strange[1]}`;
		return entries.some(([, bytes]) => bytes > 0) ? null : 'it says nothing, or 0 bytes';
	});
	await list.check('what can be given back is a part of what it holds', () => {
		const over = Object.entries(engine.reclaimable ?? {}).find(
			([pool, bytes]) => !(bytes <= (engine.footprint[pool] ?? 0)),
		);
		if (over !== undefined) return `${over[0]}: ${over[1]} of ${engine.footprint[over[0]] ?? 0}`;
		const some = Object.values(engine.reclaimable ?? {}).some(bytes => bytes > 0);
		return some && engine.shrink === undefined ? 'it has no shrink()' : null;
	});
	await list.check('it serves a whole number of requests at once', () =>
		Number.isSafeInteger(engine.slots) && engine.slots >= 1 ? null : `slots: ${engine.slots}`,
	);
	await list.check('it says how many threads help it', () =>
		engine.usefulThreads >= 1 && Number.isFinite(engine.usefulThreads)
			? null
			: `usefulThreads: ${engine.usefulThreads}`,
	);
	await list.check('it takes other numbers of threads', () => {
		engine.setThreads?.(Math.max(1, cores));
		engine.setThreads?.(1);
		return null;
	});
}
