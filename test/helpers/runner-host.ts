import type {Runner} from '../../src/backends/worker/runner.ts';
import type {Ask, Lease} from '../../src/contract/lease.ts';
import type {EventOf, Handler, RequestOf, TaskName} from '../../src/contract/task.ts';
import type {PipelineHost} from '../../src/pipelines/host.ts';
import {builtInTasks} from '../../src/tasks/index.ts';
import {fakeModel} from './fake-client.ts';

/** Pipelines over real runner processes, one for each task, each with a model of the task's name. */
export function runnerHost(runners: Readonly<Record<string, Runner>>): PipelineHost {
	return {
		tasks: builtInTasks,
		accepts: async () => [],
		capacity: () => ({ram: 1e9}),
		defaultModel: async task => ({model: task, because: 'the only one', toy: false}),
		async model(name) {
			const details = fakeModel({name, tasks: [name]});
			return {...details, choice: {...details.choice, needs: {ram: 1}}};
		},
		leases: {
			async lease<T extends TaskName>({model, task}: Ask<T>): Promise<Lease<T>> {
				const handler = runners[model]?.tasks[task] as Handler<T> | undefined;
				if (handler === undefined) throw new Error(`no runner does ${task}`);
				return {
					model,
					waitedMs: 0,
					run: (request: RequestOf<T>, {signal = new AbortController().signal, warn = () => undefined} = {}) =>
						handler(request, {signal, warn}) as AsyncIterable<EventOf<T>>,
					async [Symbol.asyncDispose]() {},
				};
			},
		},
	};
}
