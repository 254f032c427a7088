import type {Footprint} from '../contract/engine.ts';
import {MofaError} from '../contract/error.ts';
import type {ModelDetails} from '../contract/report.ts';
import type {AnyTask, Warning} from '../contract/task.ts';
import type {PipelineHost} from './host.ts';
import type {ParsedStage} from './parse.ts';
import {stageMedia} from './stage-names.ts';

export interface Chosen {
	/** As it will run: one whose fallback took over at once has no other way left. */
	readonly stage: ParsedStage;
	readonly model: string | null;
	/** Models that it may ask: its own, and the fallback's. */
	readonly models: readonly string[];
	readonly because: string;
	readonly adapter: string | null;
	readonly needs: Footprint;
	/** What this model takes of what its task does; empty for what needs none. */
	readonly accepts: readonly string[];
	/** What is not as it was written. */
	readonly warnings: readonly Warning[];
}

/**
 * Who does a stage: the model that it names or the default of its task, and the fallback where that cannot be had. Throws
 * `model-not-found`, `model-invalid`, `task-unsupported`, and `invalid-request` with both names where neither can be had.
 */
export async function chooseModel(stage: ParsedStage, host: PipelineHost): Promise<Chosen> {
	if ('operation' in stage.does) {
		const because = becauseOf(stage);
		return {stage, model: null, models: [], because, adapter: null, needs: {}, accepts: [], warnings: []};
	}
	const {task} = stage.does;
	const {policy} = stage;
	const own = ownOf(stage, task, host);
	if (policy.kind !== 'fallback') return chosen(stage, task, await own, [], host);
	const [first, second] = await Promise.all([orMissing(own), orMissing(namedOf(policy.model, task, host))]);
	if (!(first instanceof Missing)) {
		if (second instanceof Missing) throw second.failure;
		return chosen(stage, task, first, [second.details.name], host);
	}
	const why = first.words(stage.model, task);
	if (second instanceof Missing)
		throw new MofaError('invalid-request', {
			path: stage.id,
			expected: `a model that is here: ${why}, and its fallback ${second.words(policy.model, task)}`,
		});
	const {name} = second.details;
	const alone: ParsedStage = {...stage, policy: {kind: 'fail'}};
	const picked = {...second, because: `${name}, the fallback: ${why}`};
	const warning = {setting: 'onFailure', message: `${why}: ${name} takes over`};
	return {...(await chosen(alone, task, picked, [], host)), warnings: [warning]};
}

interface Picked {
	readonly details: ModelDetails;
	readonly because: string;
}

async function ownOf(stage: ParsedStage, task: AnyTask, host: PipelineHost): Promise<Picked> {
	if (stage.model !== null) return namedOf(stage.model, task, host);
	const {model, because} = await host.defaultModel(task.name, wantedMedium(stage));
	return {...(await namedOf(model, task, host)), because};
}

async function namedOf(model: string, task: AnyTask, host: PipelineHost): Promise<Picked> {
	const details = await host.model(model);
	const {name, tasks} = details;
	if (!tasks.includes(task.name))
		throw new MofaError('task-unsupported', {model: name, task: task.name, supported: tasks});
	return {details, because: `${model}, as you said`};
}

async function chosen(
	stage: ParsedStage,
	task: AnyTask,
	{details: {name, choice}, because}: Picked,
	others: readonly string[],
	host: PipelineHost,
): Promise<Chosen> {
	const besides = task.accepts.length > 1 ? await host.accepts(name) : [];
	const accepts = task.accepts.filter((medium, index) => index === 0 || besides.includes(medium));
	const {adapter, needs} = choice;
	return {stage, model: name, models: [name, ...others], because, adapter, needs, accepts, warnings: []};
}

function wantedMedium({stage}: ParsedStage): string | undefined {
	const name = stage.toLowerCase();
	return Object.hasOwn(stageMedia, name) ? stageMedia[name] : undefined;
}

function becauseOf({does, stage}: ParsedStage): string {
	const stoodFor = 'operation' in does && stage !== 'gate' ? does.operation.standsInFor : undefined;
	return stoodFor === undefined ? 'needs no model' : `built in: no model here does ${stoodFor}`;
}

/** A model that cannot be had, whatever is tried: another one may. A disk that fails is nothing of a model. */
class Missing {
	readonly failure: MofaError;

	constructor(failure: MofaError) {
		this.failure = failure;
	}

	words(model: string | null, task: AnyTask): string {
		const {failure} = this;
		if (MofaError.is(failure, 'task-unsupported'))
			return model === null ? `no model here does ${task.name}` : `${model} does not do ${task.name}`;
		if (MofaError.is(failure, 'model-invalid')) return `${model ?? 'it'} cannot be read: ${failure.data.problem}`;
		if (MofaError.is(failure, 'model-unsupported')) return `${model ?? 'it'} cannot run here: ${failure.data.problem}`;
		return `${model ?? 'it'} is not on this machine`;
	}
}

const ofTheModel: ReadonlySet<string> = new Set([
	'model-not-found',
	'model-invalid',
	'model-unsupported',
	'task-unsupported',
]);

function orMissing(picked: Promise<Picked>): Promise<Picked | Missing> {
	return picked.catch((error: unknown) => {
		if (MofaError.is(error) && ofTheModel.has(error.code)) return new Missing(error);
		throw error;
	});
}
