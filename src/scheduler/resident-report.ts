import type {ResidentReport} from '../contract/report.ts';
import type {EngineRecord} from './engine-record.ts';
import type {LoadedEngine} from './loader.ts';

/** @param now On the scheduler's clock; `date`, the same moment on the wall. Both in milliseconds. */
export function residentReport(
	record: Readonly<EngineRecord>,
	engine: LoadedEngine | null,
	now: number,
	date: number,
): ResidentReport {
	const {candidate, state, leases, keepAlive, lastUsed} = record;
	const expires = record.idle && !record.pinned ? date + keepAlive - (now - lastUsed) : null;
	return {
		name: candidate.model,
		state: state === 'shrinking' ? 'ready' : state,
		tasks: candidate.tasks,
		backend: candidate.backend,
		accelerator: candidate.accelerator ?? 'cpu',
		footprint: record.footprint,
		rss: engine?.rss() ?? 0,
		threads: record.threads,
		pid: engine?.pid ?? null,
		active: leases.size,
		slots: record.slots,
		contextLength: engine?.facts?.['contextLength'] ?? null,
		loadedMs: record.loadedMs,
		expiresAt: expires === null ? null : new Date(expires).toISOString(),
		pinned: record.pinned,
	};
}
