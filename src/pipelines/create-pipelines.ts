import type {PipelineEvent, Pipelines} from '../contract/pipeline.ts';
import type {PipelineHost} from './host.ts';
import {judgeInput} from './judge-input.ts';
import {planPipeline} from './plan.ts';
import {runPipeline} from './run.ts';

/** Joins models of this host. What comes in is checked: it may have come from anywhere. */
export function createPipelines(host: PipelineHost): Pipelines {
	return {
		plan: async pipeline => (await planPipeline(pipeline, host)).plan,
		async *run({pipeline, input, signal}): AsyncGenerator<PipelineEvent> {
			const planned = await planPipeline(pipeline, host);
			yield* runPipeline({planned, host, input: await judgeInput(input, planned.plan), signal});
		},
	};
}
