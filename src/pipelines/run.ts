import {MofaError} from '../contract/error.ts';
import type {PipelineEvent} from '../contract/pipeline.ts';
import type {AnyPacket} from '../contract/stage.ts';
import {Exit} from './exit.ts';
import type {PipelineHost} from './host.ts';
import {bottleneckOf} from './meter.ts';
import {Outlet} from './outlet.ts';
import {end} from './packets.ts';
import type {Planned} from './plan.ts';
import {RunningStage} from './running-stage.ts';

export interface RunPipelineOptions {
	readonly planned: Planned;
	readonly host: PipelineHost;
	readonly input: AsyncIterable<AnyPacket>;
	readonly signal: AbortSignal;
	readonly now?: () => number;
}

/** Bytes that wait before each stage, and at the end; where only one model fits at a time, a whole turn does. */
const capacity = {together: 1024 ** 2, alone: 256 * 1024 ** 2} as const;

/**
 * Runs a planned pipeline: all models load at once, values flow as they come, and what leaves is given back in order. Ends
 * with `pipeline-end`. When a stage fails, those behind it finish what they have got, and then `stage-failed` is thrown.
 * Leaving the loop, like aborting, stops everything and gives every lease back.
 */
export async function* runPipeline(options: RunPipelineOptions): AsyncGenerator<PipelineEvent> {
	const {planned, signal, now = () => performance.now()} = options;
	const began = now();
	const exit = new Exit(capacity.together, now);
	exit.tell({type: 'plan-made', plan: planned.plan});
	for (const warning of planned.warnings) exit.tell({type: 'stage-warning', ...warning});
	const stages = joinStages(options, exit, now);
	const over = new AbortController();
	const stopAll = (): void => {
		over.abort();
		for (const stage of stages) stage.stop();
	};
	if (signal.aborted) stopAll();
	signal.addEventListener('abort', stopAll, {once: true});
	const flow = runAll(stages, options, over.signal).finally(() => exit.end());
	// It is looked at below; a reader that leaves does not want to know.
	flow.catch(() => undefined);
	try {
		yield* exit;
		await flow;
		const statistics = stages.map(stage => stage.statistics());
		yield {type: 'pipeline-end', stages: statistics, bottleneck: bottleneckOf(statistics), totalMs: now() - began};
	} finally {
		signal.removeEventListener('abort', stopAll);
		stopAll();
		exit.end();
		await Promise.allSettled([flow]);
	}
}

/** From the last to the first, because a stage is told where its packets go. */
function joinStages({planned, host}: RunPipelineOptions, exit: Exit, now: () => number): readonly RunningStage[] {
	const {parsed, plan} = planned;
	const stages = new Map<string, RunningStage>();
	for (const [index, stage] of [...parsed.stages.entries()].toReversed()) {
		const planOf = plan.stages[index];
		if (planOf === undefined) throw new Error('a plan of another pipeline');
		const behind = parsed.stages.filter(({from}) => from.includes(stage.id)).flatMap(({id}) => stages.get(id) ?? []);
		stages.set(
			stage.id,
			new RunningStage({
				stage,
				plan: planOf,
				host,
				behind,
				before: parsed.stages.filter(({id}) => stage.from.includes(id)),
				capacity: plan.together ? capacity.together : capacity.alone,
				exit,
				now,
			}),
		);
	}
	return parsed.stages.flatMap(({id}) => stages.get(id) ?? []);
}

/** Settles when every stage is done and has given its lease back. Throws the first failure. */
async function runAll(stages: readonly RunningStage[], options: RunPipelineOptions, over: AbortSignal): Promise<void> {
	const first = new Outlet(stages.flatMap(stage => (stage.fromInput ? [stage.inputSlot()] : [])));
	let failure: {readonly stage: RunningStage | null; readonly error: unknown} | undefined;
	const failed = (stage: RunningStage | null, error: unknown): void => {
		if (failure !== undefined) return;
		failure = {stage, error};
		stage?.endOutput();
		if (options.signal.aborted) return;
		// What it gave goes on its way; nobody else has a reason to work on.
		for (const other of stages)
			if (other !== stage && (stage === null || !other.isBehind(stage))) {
				other.stop();
				other.endOutput();
			}
		first.pass(end);
	};
	for (const stage of stages) stage.warm();
	const running = stages.map(stage => stage.run().catch((error: unknown) => failed(stage, error)));
	// It may never end by itself, and then ends with the pipeline.
	void pump(options.input, first, over).catch((error: unknown) => failed(null, error));
	await Promise.all(running);
	if (options.signal.aborted) throw new MofaError('cancelled', {});
	if (failure !== undefined) throw failure.stage === null ? failure.error : failure.stage.failureOf(failure.error);
}

/** The input, as fast as the first stages take it. */
async function pump(input: AsyncIterable<AnyPacket>, first: Outlet, over: AbortSignal): Promise<void> {
	const packets = input[Symbol.asyncIterator]();
	const stopped = new Promise<undefined>(resolve => {
		if (over.aborted) resolve(undefined);
		over.addEventListener('abort', () => resolve(undefined), {once: true});
	});
	try {
		for (;;) {
			const next = packets.next();
			next.catch(() => undefined);
			const step = await Promise.race([next, stopped]);
			if (step === undefined) return;
			if (step.done === true) return first.signal(end);
			// Packets of another pipeline have an end as well; but until this input ends there is somebody who writes it.
			if (step.value.type === 'signal' && step.value.kind === 'end') continue;
			await first.emit(step.value);
		}
	} finally {
		void packets.return?.().then(undefined, () => undefined);
	}
}
