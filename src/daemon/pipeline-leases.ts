import {MofaError} from '../contract/error.ts';
import type {Ask, Lease, Leases, RunOptions} from '../contract/lease.ts';
import type {Pipelines, SavedPipeline, StageStatistics} from '../contract/pipeline.ts';
import type {AnyValue, PipelineForm} from '../contract/stage.ts';
import type {AnyTask, EventOf, RequestOf, TaskName, Warning} from '../contract/task.ts';

export interface PipelineLeasesOptions {
	/** Of the models themselves. */
	readonly leases: Leases;
	readonly pipelines: Pipelines;
	readonly tasks: Readonly<Record<string, AnyTask>>;
	/** Null where no pipeline is called that. */
	readonly find: (name: string) => Promise<SavedPipeline | null>;
}

/** Leases of models, among which saved pipelines are models too: of such a lease each run is one of the pipeline. */
export class PipelineLeases implements Leases {
	readonly #options: PipelineLeasesOptions;

	constructor(options: PipelineLeasesOptions) {
		this.#options = options;
	}

	async lease<T extends TaskName>(ask: Ask<T>): Promise<Lease<T>> {
		const saved = await this.#options.find(ask.model);
		if (saved === null) return this.#options.leases.lease(ask);
		const form = saved.tasks.includes(ask.task) ? this.#options.tasks[ask.task]?.fromPipeline : undefined;
		if (form === undefined)
			throw new MofaError('task-unsupported', {model: saved.name, task: ask.task, supported: saved.tasks});
		const ended = new AbortController();
		return {
			model: saved.name,
			// Its models are waited for in the run: until something comes in, none is needed.
			waitedMs: 0,
			// The tasks hold the request and the events of each name together.
			run: (request, options) =>
				this.#run(saved, form as PipelineForm<RequestOf<T>, EventOf<T>>, request, options, ended.signal),
			async [Symbol.asyncDispose]() {
				ended.abort();
			},
		};
	}

	async *#run<T extends TaskName>(
		saved: SavedPipeline,
		form: PipelineForm<RequestOf<T>, EventOf<T>>,
		request: RequestOf<T>,
		{signal, warn = () => undefined}: RunOptions = {},
		ended: AbortSignal,
	): AsyncGenerator<EventOf<T>> {
		let statistics: readonly StageStatistics[] = [];
		const events = this.#options.pipelines.run({
			pipeline: saved.pipeline,
			input: taken(form.values(request, warn), saved),
			signal: signal === undefined ? ended : AbortSignal.any([signal, ended]),
		});
		async function* out(): AsyncGenerator<AnyValue> {
			let last = '';
			for await (const event of events)
				if (event.type === 'plan-made') last = event.plan.stages.at(-1)?.id ?? '';
				else if (event.type === 'stage-warning') warn(ofStage(event.stage, event.warning));
				else if (event.type === 'pipeline-end') statistics = event.stages;
				else if (event.type === 'packet-out' && event.stage === last && event.packet.type === 'value')
					yield event.packet;
		}
		yield* form.events(out(), request, () => statistics);
	}
}

/** Throws `invalid-request` for what the first stage does not take. */
async function* taken(values: AsyncIterable<AnyValue>, {name, accepts}: SavedPipeline): AsyncGenerator<AnyValue> {
	for await (const value of values) {
		if (!accepts.includes(value.medium))
			throw new MofaError('invalid-request', {
				path: 'request',
				expected: `${accepts.join(' or ')}, which is what ${name} takes, not ${value.medium}`,
			});
		yield value;
	}
}

const ofStage = (stage: string, warning: Warning): Warning => ({...warning, setting: `${stage}.${warning.setting}`});
