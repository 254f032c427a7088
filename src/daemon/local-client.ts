import type {Client, LoadAsk, RunAsk} from '../client/client.ts';
import type {InputsAsk} from '../contract/plugin.ts';
import type {LoadEvent, RunEvent} from '../contract/progress.ts';
import type {DaemonEvent} from '../contract/report.ts';
import type {RequestOf, TaskName} from '../contract/task.ts';
import {load, runTask} from '../http/run-task.ts';
import type {Services} from '../http/services.ts';

/** The daemon's services without the daemon: the same client, and no HTTP in between. */
export function createLocalClient(services: Services, close: () => Promise<void>): Client {
	return {
		version: async () => services.version(),
		run: <T extends TaskName>({task, request, ...ask}: RunAsk<T>): AsyncIterable<RunEvent<T>> =>
			runTask(services.leases, {...present(ask), signal: ask.signal, task, request}),
		planPipeline: pipeline => services.pipelines.plan(pipeline),
		runPipeline: ask => services.pipelines.run(ask),
		savedPipelines: () => services.savedPipelines(),
		savePipeline: ask => services.savePipeline(ask),
		runInputs: ask => runInputs(services, ask),
		describeTasks: () => services.describeTasks(),
		plugins: () => services.plugins(),
		reloadPlugins: () => services.reloadPlugins(),
		models: () => services.models(),
		model: name => services.model(name),
		defaultModel: (task, accepts) => services.defaultModel(task, accepts),
		voices: model => services.voices(model),
		removeModel: (name, options) => services.removeModel(name, options),
		residents: async () => services.residents(),
		load: (ask): AsyncIterable<LoadEvent> => load(services, present(ask), ask.signal),
		unload: name => services.unload(name),
		device: () => services.device(),
		packs: () => services.packs(),
		installPack: (name, signal) => services.installPack(name, signal),
		removePack: name => services.removePack(name),
		pull: ask => services.pull(ask),
		fit: ask => services.fit(ask),
		search: (ask, signal) => services.search(ask, signal),
		outdated: (models, signal) => services.outdated(models, signal),
		usage: () => services.usage(),
		prune: options => services.prune(options),
		verify: ask => services.verify(ask),
		alias: ask => services.alias(ask),
		adopt: ask => services.adopt(ask),
		registered: () => services.registered(),
		events: signal => eventsOf(services, signal),
		shutdown: close,
		[Symbol.asyncDispose]: close,
	};
}

async function* runInputs(
	services: Services,
	{task, inputs, request, ...ask}: InputsAsk,
): AsyncGenerator<RunEvent<TaskName>> {
	for (const made of services.requestsOf(task, inputs, request))
		yield* runTask(services.leases, {
			...present(ask),
			signal: ask.signal,
			// A name that is in the table of tasks is a TaskName, and what its own parse gave is its request.
			task: task as TaskName,
			request: made as RequestOf<TaskName>,
		});
}

function present({
	model,
	keepAlive,
	settings,
}: LoadAsk): Pick<LoadAsk, 'model'> & {keepAlive?: number; settings?: NonNullable<LoadAsk['settings']>} {
	return {model, ...(keepAlive === undefined ? {} : {keepAlive}), ...(settings === undefined ? {} : {settings})};
}

async function* eventsOf(services: Services, signal: AbortSignal): AsyncGenerator<DaemonEvent> {
	const heard: DaemonEvent[] = [];
	let wake = (): void => undefined;
	const end = services.onEvent(event => {
		heard.push(event);
		wake();
	});
	signal.addEventListener('abort', () => wake(), {once: true});
	try {
		while (!signal.aborted) {
			yield* heard.splice(0);
			if (heard.length === 0 && !signal.aborted)
				await new Promise<void>(resolve => {
					wake = resolve;
				});
		}
	} finally {
		end();
	}
}
