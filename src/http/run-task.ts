import {MofaError} from '../contract/error.ts';
import type {Ask, Lease, Leases} from '../contract/lease.ts';
import type {LoadEvent, RunEvent} from '../contract/progress.ts';
import type {RequestOf, TaskName, Warning} from '../contract/task.ts';
import type {Services} from './services.ts';

export interface TaskRun<T extends TaskName> extends Omit<Ask<T>, 'signal' | 'progress'> {
	readonly request: RequestOf<T>;
	readonly signal: AbortSignal;
}

/** Leases the model, runs the task, gives the lease back; tells of loading, warnings and the task's events in order. */
export async function* runTask<T extends TaskName>(leases: Leases, run: TaskRun<T>): AsyncGenerator<RunEvent<T>> {
	const {request, ...ask} = run;
	await using lease = yield* takeLease(leases, ask);
	const warnings: Warning[] = [];
	const heard = function* (): Generator<RunEvent<T>> {
		for (const warning of warnings.splice(0)) yield {type: 'warning', warning};
	};
	for await (const event of lease.run(request, {signal: run.signal, warn: warning => warnings.push(warning)})) {
		if (warnings.length > 0) yield* heard();
		yield event;
	}
	yield* heard();
}

/** Loads without running anything: a lease that is given back at once. Which task it is for does not matter. */
export async function* load(
	services: Pick<Services, 'leases' | 'tasks' | 'model'>,
	ask: Omit<Ask<TaskName>, 'task' | 'signal' | 'progress'>,
	signal: AbortSignal,
): AsyncGenerator<LoadEvent> {
	const {tasks} = await services.model(ask.model);
	const task = tasks.find(name => Object.hasOwn(services.tasks, name));
	if (task === undefined) throw new MofaError('task-unsupported', {model: ask.model, task: 'load', supported: tasks});
	const lease = yield* takeLease(services.leases, {...ask, task: task as TaskName, signal});
	await lease[Symbol.asyncDispose]();
}

/**
 * Waits for a lease and tells how the load goes. The caller owns the lease that it returns.
 * Only the newest progress is kept while nobody reads, so a slow reader costs no memory.
 */
export async function* takeLease<T extends TaskName>(
	leases: Leases,
	ask: Omit<Ask<T>, 'progress'> & {readonly signal: AbortSignal},
): AsyncGenerator<LoadEvent, Lease<T>> {
	const load: {newest?: number | undefined; settled: boolean; wake: () => void} = {settled: false, wake() {}};
	const progress = (fraction: number): void => {
		load.newest = fraction;
		load.wake();
	};
	const settle = (): void => {
		load.settled = true;
		load.wake();
	};
	const granted = leases.lease({...ask, progress});
	granted.then(settle, settle);
	let handedOver = false;
	try {
		while (!load.settled) {
			if (load.newest !== undefined) {
				const fraction = load.newest;
				load.newest = undefined;
				yield {type: 'load-progress', model: ask.model, fraction};
			} else
				await new Promise<void>(resolve => {
					load.wake = resolve;
				});
		}
		const lease = await granted;
		yield {type: 'load-end', model: ask.model, waitedMs: lease.waitedMs};
		handedOver = true;
		return lease;
	} finally {
		if (!handedOver)
			granted
				.then(
					lease => lease[Symbol.asyncDispose](),
					() => undefined,
				)
				.catch(() => undefined);
	}
}
