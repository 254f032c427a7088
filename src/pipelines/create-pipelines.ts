import type {PipelineEvent, Pipelines} from '../contract/pipeline.ts';
import type {PipelineHost} from './host.ts';
import {planPipeline} from './plan.ts';
import {runPipeline} from './run.ts';

/** Joins models of this host. */
export function createPipelines(host: PipelineHost): Pipelines {
	return {
		plan: async pipeline => (await planPipeline(pipeline, host)).plan,
		async *run({pipeline, input, signal}): AsyncGenerator<PipelineEvent> {
			yield* runPipeline({planned: await planPipeline(pipeline, host), host, input, signal});
		},
	};
}
