import type {Footprint} from '../contract/engine.ts';
import {MofaError} from '../contract/error.ts';
import type {PipelinePlan, PlannedStage} from '../contract/pipeline.ts';
import type {ModelDetails} from '../contract/report.ts';
import type {AnyTask} from '../contract/task.ts';
import {checkSettings} from './check-settings.ts';
import type {PipelineHost} from './host.ts';
import {standInFor} from './operations/index.ts';
import {parsePipeline, type ParsedPipeline, type ParsedStage} from './parse.ts';
import {checkPorts, type Ports} from './ports.ts';
import {stageMedia} from './stage-names.ts';

export interface Planned {
	readonly parsed: ParsedPipeline;
	readonly plan: PipelinePlan;
}

/** 1. what was written, 2. whether it joins, 3. who does it, 4. whether all of them fit at once. Loads nothing. */
export async function planPipeline(input: unknown, host: PipelineHost): Promise<Planned> {
	// 1.
	const parsed = await withStandIns(parsePipeline(input, host.tasks), host);
	// 2.
	checkPorts(parsed);
	for (const stage of parsed.stages) checkSettings(stage);
	// 3.
	const chosen = await Promise.all(parsed.stages.map(stage => choose(stage, host)));
	const ports = checkPorts(parsed, new Map(chosen.map(({stage, accepts}) => [stage.id, accepts])));
	// 4.
	const models = new Map(chosen.flatMap(one => (one.model === null ? [] : [[one.model, one.needs] as const])));
	const needs = sum([...models.values()]);
	const has = host.capacity();
	const together = fitsInto(needs, has);
	const stages = chosen.map(({stage, ...one}) =>
		describe(stage, one, parsed, ports, together && holdsAlone(one.model, chosen) ? 'run' : 'turn'),
	);
	return {
		parsed,
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

interface Chosen {
	readonly stage: ParsedStage;
	readonly model: string | null;
	readonly because: string;
	readonly adapter: string | null;
	readonly needs: Footprint;
	/** What this model takes of what its task does; empty for what needs none. */
	readonly accepts: readonly string[];
}

async function choose(stage: ParsedStage, host: PipelineHost): Promise<Chosen> {
	if ('operation' in stage.does)
		return {stage, model: null, because: becauseOf(stage), adapter: null, needs: {}, accepts: []};
	const {task} = stage.does;
	const picked =
		stage.model === null
			? await host.defaultModel(task.name, wantedMedium(stage))
			: {model: stage.model, because: `${stage.model}, as you said`};
	const details = await host.model(picked.model);
	mustDo(details, task);
	if (stage.policy.kind === 'fallback') mustDo(await host.model(stage.policy.model), task);
	const {choice} = details;
	const others = task.accepts.length > 1 ? await host.accepts(picked.model) : [];
	const accepts = task.accepts.filter((medium, index) => index === 0 || others.includes(medium));
	return {stage, model: details.name, because: picked.because, adapter: choice.adapter, needs: choice.needs, accepts};
}

function wantedMedium({stage}: ParsedStage): string | undefined {
	const name = stage.toLowerCase();
	return Object.hasOwn(stageMedia, name) ? stageMedia[name] : undefined;
}

function becauseOf({does, stage}: ParsedStage): string {
	const stoodFor = 'operation' in does && stage !== 'gate' ? does.operation.standsInFor : undefined;
	return stoodFor === undefined ? 'needs no model' : `built in: no model here does ${stoodFor}`;
}

/** Throws `task-unsupported`. */
function mustDo({name, tasks}: ModelDetails, task: AnyTask): void {
	if (!tasks.includes(task.name))
		throw new MofaError('task-unsupported', {model: name, task: task.name, supported: tasks});
}

/** Two stages with one model could wait for each other's slot for ever. */
const holdsAlone = (model: string | null, all: readonly Chosen[]): boolean =>
	all.filter(one => one.model !== null && one.model === model).length < 2;

function describe(
	{id, stage, does, from, policy}: ParsedStage,
	{model, because, adapter, needs}: Omit<Chosen, 'stage'>,
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
