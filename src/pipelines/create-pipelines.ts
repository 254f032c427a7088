import type {PipelineEvent, Pipelines} from '../contract/pipeline.ts';
import type {AnyPacket} from '../contract/stage.ts';
import type {PipelineHost} from './host.ts';
import {parsePacket} from './parse-packet.ts';
import {planPipeline} from './plan.ts';
import {runPipeline} from './run.ts';

/** Joins models of this host. What comes in is checked: it may have come from anywhere. */
export function createPipelines(host: PipelineHost): Pipelines {
	return {
		plan: async pipeline => (await planPipeline(pipeline, host)).plan,
		async *run({pipeline, input, signal}): AsyncGenerator<PipelineEvent> {
			const planned = await planPipeline(pipeline, host);
			yield* runPipeline({planned, host, input: parsed(input), signal});
		},
	};
}

/** Not a generator: leaving must not wait for the next packet. */
function parsed(input: AsyncIterable<unknown>): AsyncIterable<AnyPacket> {
	return {
		[Symbol.asyncIterator]() {
			const packets = input[Symbol.asyncIterator]();
			return {
				async next(): Promise<IteratorResult<AnyPacket, undefined>> {
					const step = await packets.next();
					return step.done === true ? {done: true, value: undefined} : {done: false, value: parsePacket(step.value)};
				},
				async return() {
					await packets.return?.();
					return {done: true, value: undefined};
				},
			};
		},
	};
}
