import type {Footprint} from '../contract/engine.ts';
import {MofaError} from '../contract/error.ts';
import type {PipelinePlan, PlannedStage} from '../contract/pipeline.ts';
import type {Warning} from '../contract/task.ts';
import {checkSettings} from './check-settings.ts';
import {chooseModel, type Chosen} from './choose-model.ts';
import type {PipelineHost} from './host.ts';
import {standInFor} from './operations/index.ts';
import {parsePipeline, type ParsedPipeline, type ParsedStage} from './parse.ts';
import {checkPorts, type Ports} from './ports.ts';

export interface Planned {
	readonly parsed: ParsedPipeline;
	readonly plan: PipelinePlan;
	/** What is planned otherwise than it was written, by the stage. */
	readonly warnings: ReadonlyArray<{readonly stage: string; readonly warning: Warning}>;
}

/** 1. what was written, 2. whether it joins, 3. who does it, 4. whether all of them fit at once. Loads nothing. */
export async function planPipeline(input: unknown, host: PipelineHost): Promise<Planned> {
	// 1.
	const written = await withStandIns(parsePipeline(input, host.tasks), host);
	// 2.
	checkPorts(written);
	for (const stage of written.stages) checkSettings(stage);
	// 3.
	const chosen = await Promise.all(written.stages.map(stage => chooseModel(stage, host)));
	const parsed = {...written, stages: chosen.map(({stage}) => stage)};
	const ports = checkPorts(parsed, new Map(chosen.map(({stage, accepts}) => [stage.id, accepts])));
	// 4.
	const models = new Map(chosen.flatMap(one => (one.model === null ? [] : [[one.model, one.needs] as const])));
	const needs = sum([...models.values()]);
	const has = host.capacity();
	const together = fitsInto(needs, has);
	const stages = chosen.map(one => describe(one, parsed, ports, together && holdsAlone(one, chosen) ? 'run' : 'turn'));
	return {
		parsed,
		warnings: chosen.flatMap(({stage, warnings}) => warnings.map(warning => ({stage: stage.id, warning}))),
		plan: {stages, ...endsOf(parsed, ports), needs, has, together, because: reason(stages, has, together)},
	};
}

/** An operation in place of a task that no model here does, where there is one that can. */
async function withStandIns(parsed: ParsedPipeline, host: PipelineHost): Promise<ParsedPipeline> {
	const stages = parsed.stages.map(async (stage): Promise<ParsedStage> => {
		const {does, model} = stage;
		const operation = 'task' in does && model === null ? standInFor(does.task.name) : undefined;
		if (operation === undefined || !('task' in does)) return stage;
		const isThere = await host.defaultModel(does.task.name).then(
			() => true,
			(error: unknown) => !MofaError.is(error, 'task-unsupported'),
		);
		return isThere ? stage : {...stage, does: {operation}};
	});
	return {...parsed, stages: await Promise.all(stages)};
}

/** Two stages with one model could wait for each other's slot for ever; a fallback is such a model once it is needed. */
const holdsAlone = (one: Chosen, all: readonly Chosen[]): boolean =>
	all.every(other => other === one || !other.models.some(model => one.models.includes(model)));

function describe(
	{stage: {id, stage, does, from, policy}, model, because, adapter, needs}: Chosen,
	{stages}: ParsedPipeline,
	ports: ReadonlyMap<string, Ports>,
	holds: 'run' | 'turn',
): PlannedStage {
	const isLast = !stages.some(one => one.from.includes(id));
	return {
		id,
		stage,
		task: 'task' in does ? does.task.name : null,
		model,
		because,
		adapter,
		needs,
		accepts: ports.get(id)?.accepts ?? [],
		emits: ports.get(id)?.emits ?? [],
		from,
		output: isLast || ('operation' in does && does.operation.taps === true),
		onFailure: policy.kind === 'fallback' ? `fallback:${policy.model}` : policy.kind,
		holds: model === null ? null : holds,
	};
}

/** What every first stage takes, and what the last of all gives. Throws `invalid-request` where the first have nothing in common. */
function endsOf({stages}: ParsedPipeline, ports: ReadonlyMap<string, Ports>): Pick<PipelinePlan, 'accepts' | 'emits'> {
	const first = stages.filter(({from}) => from.includes('input'));
	const accepts = first
		.map(({id}) => ports.get(id)?.accepts ?? [])
		.reduce((common, one) => common.filter(medium => one.includes(medium)));
	if (accepts.length === 0)
		throw new MofaError('invalid-request', {
			path: first.map(({id}) => id).join(' and '),
			expected: 'stages that can take the same input',
		});
	return {accepts, emits: ports.get(stages.at(-1)?.id ?? '')?.emits ?? []};
}

function reason(stages: readonly PlannedStage[], has: Footprint, together: boolean): string {
	const tooLarge = stages.filter(({needs}) => !fitsInto(needs, has)).map(({id}) => id);
	if (tooLarge.length > 0)
		return `${tooLarge.join(' and ')} ${tooLarge.length === 1 ? 'does' : 'do'} not fit into memory, not even alone`;
	if (!together) return 'they do not fit into memory at once, so each is loaded while it has something to do';
	const shared = stages.filter(({holds}) => holds === 'turn').map(({id}) => id);
	if (shared.length > 0)
		return `${shared.join(' and ')} take turns at one model, and the others are loaded from the start`;
	return 'they fit into memory at once, so all are loaded from the start';
}

const fitsInto = (needs: Footprint, has: Footprint): boolean =>
	Object.entries(needs).every(([pool, bytes]) => bytes <= (has[pool] ?? 0));

function sum(footprints: readonly Footprint[]): Footprint {
	const total: Record<string, number> = {};
	for (const footprint of footprints)
		for (const [pool, bytes] of Object.entries(footprint)) total[pool] = (total[pool] ?? 0) + bytes;
	return total;
}
