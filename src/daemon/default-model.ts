import {MofaError} from '../contract/error.ts';
import type {DefaultModel} from '../contract/progress.ts';
import type {LibraryEntry} from '../models/library.ts';

export type DefaultCandidate = Pick<LibraryEntry, 'name' | 'source' | 'state' | 'tasks' | 'parameters' | 'bytes'>;

/**
 * 1. What the user set. 2. The largest model on this machine that does the task and fits. 3. What ships with mofa.
 * `fits` is asked of each model in turn, largest first. Pure but for it. Throws `task-unsupported` where nothing does it.
 */
export async function defaultModel(
	task: string,
	configured: string | null,
	models: readonly DefaultCandidate[],
	fits: (name: string) => Promise<boolean>,
): Promise<DefaultModel> {
	// 1.
	if (configured !== null) return {model: configured, because: `${configured}, your default model`};
	// 2.
	const able = models.filter(({tasks}) => tasks.includes(task));
	const fetched = able.filter(({source, state}) => source !== 'starter' && state === 'present');
	for (const model of fetched.toSorted((a, b) => parameters(b) - parameters(a) || b.bytes - a.bytes)) {
		const {name} = model;
		if (await fits(name)) return {model: name, because: `${name}, the largest ${task} model on this machine that fits`};
	}
	// 3.
	const starter = able.find(({source}) => source === 'starter');
	if (starter !== undefined) return {model: starter.name, because: describeStarter(starter)};
	const supported = [...new Set(models.flatMap(({tasks}) => tasks))].toSorted();
	throw new MofaError('task-unsupported', {model: '', task, supported});
}

function describeStarter(starter: DefaultCandidate): string {
	if (starter.name !== 'guide') return `the built-in ${starter.name}`;
	return `the built-in guide, a toy of ${readableCount(parameters(starter))} parameters: it knows mofa and little else`;
}

const parameters = (model: DefaultCandidate): number => model.parameters ?? 0;

const readableCount = (count: number): string =>
	count >= 1e9 ? `${(count / 1e9).toFixed(1)} billion` : `${(count / 1e6).toFixed(1)} million`;
