import type {AnyAdapter, LoadSettings} from '../contract/adapter.ts';
import type {Device} from '../contract/backend.ts';
import type {AnyEngine} from '../contract/engine.ts';
import {MofaError} from '../contract/error.ts';
import type {InstalledModel} from '../contract/manifest.ts';
import type {AnyTask} from '../contract/task.ts';
import {detectHardware} from '../device/detect.ts';
import {builtInTasks} from '../tasks/index.ts';
import {CheckList, within, type Check} from './checks.ts';
import {checkLifecycle} from './lifecycle.ts';
import {Requests, type RequestSource} from './requests.ts';
import {checkTask} from './task-checks.ts';

export interface AdapterTest {
	readonly adapter: AnyAdapter;
	/** Its files are there. */
	readonly model: InstalledModel;
	/** By task, at least one each, of what the model answers soon. A function where a request can be read once only. */
	readonly requests: Readonly<Record<string, readonly RequestSource[]>>;
	/** Those of the adapter that mofa does not have. */
	readonly tasks?: readonly AnyTask[];
	/** Tasks whose answers are the same again even without a seed. */
	readonly deterministic?: readonly string[];
	/** Requests with a setting that nobody knows, by task, where another field of them would not do. */
	readonly strange?: Readonly<Record<string, RequestSource>>;
	readonly settings?: LoadSettings;
	/** Absent: this machine. */
	readonly device?: Device;
	/** Milliseconds that a load or an answer may take; absent: a minute. */
	readonly patienceMs?: number;
}

/**
 * Loads a model in this process and asks of the engine all that the scheduler, HTTP and pipelines rely on. Gives what was looked
 * at; throws `NotConforming` with everything that is wrong, and `backend-unavailable` where nothing can be loaded here.
 */
export async function testAdapter(test: AdapterTest): Promise<readonly Check[]> {
	const {adapter, model, patienceMs = 60_000, settings = {}} = test;
	const device = test.device ?? (await detectHardware()).device;
	const list = new CheckList();
	const availability = await adapter.probe(device);
	if (!availability.ok)
		throw new MofaError('backend-unavailable', {
			backend: adapter.backend,
			reason: availability.reason,
			hint: availability.hint,
		});
	await list.check('it serves the model', () =>
		adapter.serves(model.manifest, model.variant) ? null : `serves() says no to the family ${model.manifest.family}`,
	);
	await list.check('it says before it loads what memory it needs', () =>
		amounts(adapter.estimate(model, device, settings), device),
	);
	const fractions: number[] = [];
	const load = (signal: AbortSignal, installed = model): Promise<AnyEngine> =>
		adapter.load(installed, {signal, device, settings, threads: 1, progress: fraction => fractions.push(fraction)});
	await list.check('files that are not there are a MofaError', () => checkMissing(load, model, patienceMs));
	const engine = await within(patienceMs, 'loading', load(new AbortController().signal));
	try {
		await list.check('progress is from 0 to 1', () =>
			fractions.every(fraction => fraction >= 0 && fraction <= 1) ? null : `it says ${fractions.join(', ')}`,
		);
		await list.check('it has a handler for each task it declares, and for no other', () =>
			sameNames(adapter.tasks, Object.keys(engine.tasks)),
		);
		await checkLifecycle(list, engine, device);
		for (const name of model.manifest.tasks.filter(task => (adapter.tasks as readonly string[]).includes(task)))
			await checkTask(list, requestsOf(name, engine, test, patienceMs));
	} finally {
		await list.check('it can be disposed of', () =>
			within(patienceMs, 'disposing', Promise.resolve(engine[Symbol.asyncDispose]())).then(() => null),
		);
	}
	await list.check('it can be loaded again', async () => {
		const again = await within(patienceMs, 'loading', load(new AbortController().signal));
		await again[Symbol.asyncDispose]();
	});
	return list.settle(adapter.name);
}

function requestsOf(name: string, engine: AnyEngine, test: AdapterTest, patienceMs: number): Requests {
	const task = test.tasks?.find(known => known.name === name) ?? builtInTasks[name];
	if (task === undefined) throw new Error(`give the task ${name} in tasks: mofa does not have it`);
	return new Requests({
		task,
		engine,
		sources: test.requests[name] ?? [],
		strange: test.strange?.[name],
		deterministic: test.deterministic?.includes(name) ?? false,
		patienceMs,
	});
}

function amounts(footprint: Readonly<Record<string, number>>, {pools}: Device): string | null {
	const entries = Object.entries(footprint);
	if (entries.length === 0 || !entries.some(([, bytes]) => bytes > 0)) return 'it says nothing, or 0 bytes';
	const strange = entries.find(([pool, bytes]) => !Object.hasOwn(pools, pool) || !Number.isFinite(bytes) || bytes < 0);
	return strange === undefined ? null : `${strange[0]}: ${strange[1]}; the pools are ${Object.keys(pools).join(', ')}`;
}

async function checkMissing(
	load: (signal: AbortSignal, installed: InstalledModel) => Promise<AnyEngine>,
	model: InstalledModel,
	patienceMs: number,
): Promise<string | null> {
	const paths = Object.fromEntries(Object.keys(model.paths).map(role => [role, '/nothing/is/here']));
	if (Object.keys(paths).length === 0) return null;
	try {
		const engine = await within(patienceMs, 'loading nothing', load(new AbortController().signal, {...model, paths}));
		await engine[Symbol.asyncDispose]();
		return 'it loads all the same';
	} catch (error) {
		return MofaError.is(error) ? null : `it throws ${String(error)}`;
	}
}

function sameNames(declared: readonly string[], implemented: readonly string[]): string | null {
	const [wanted, found] = [declared, implemented].map(names => names.toSorted().join(', '));
	return wanted === found ? null : `it declares ${wanted} and implements ${found}`;
}
