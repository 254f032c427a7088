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
	if (configured !== null) return {model: configured, because: `${configured}, your default model`, toy: false};
	// 2.
	const largest = await largestThatFits(task, models, fits);
	if (largest !== null)
		return {model: largest, because: `${largest}, the largest ${task} model on this machine that fits`, toy: false};
	// 3.
	const starter = starterFor(task, models);
	if (starter !== undefined) return {model: starter.name, because: describeStarter(starter), toy: isToy(starter)};
	const supported = [...new Set(models.flatMap(({tasks}) => tasks))].toSorted();
	throw new MofaError('task-unsupported', {model: '', task, supported});
}

/** What a toy is good for, in the words of whoever is offered it. */
const limits: Readonly<Record<string, string>> = {
	guide: 'it knows mofa and little else',
	ears: 'it hears the voices of machines, and of people hardly a word',
	eyes: 'it sees coloured shapes in simple pictures, and nothing else',
	brush: 'it draws coloured shapes, and hardly anything else',
	finder: 'it knows its way in the documentation of mofa, and little else',
	ranker: 'it knows which page of the documentation of mofa answers, and little else',
};

function describeStarter(starter: DefaultCandidate): string {
	if (starter.source === 'plugin') return `${starter.name}, which a plugin brings`;
	if (!isToy(starter)) return `the built-in ${starter.name}`;
	const limit = limits[starter.name];
	return `the built-in ${starter.name}, a toy of ${readableCount(parameters(starter))} parameters: ${limit}`;
}

const isToy = ({source, name}: DefaultCandidate): boolean => source === 'starter' && Object.hasOwn(limits, name);

/**
 * What answers to a hosted service's name, such as `gpt-4o-mini`: 1. what the user set, where it is for this task, 2. the
 * largest on this machine that fits, 3. what ships with mofa; null where nothing here does the task. Pure but for `fits`.
 */
export async function standIn(
	task: string,
	configured: string | null,
	models: readonly DefaultCandidate[],
	fits: (name: string) => Promise<boolean>,
): Promise<string | null> {
	// 1.
	const writes = task === 'chat' || task === 'completion';
	if (writes && configured !== null) return configured;
	// 2. and 3.
	return (await largestThatFits(task, models, fits)) ?? starterFor(task, models)?.name ?? null;
}

/**
 * What came with a program, whether it fits or not. Of several, the one that brings most with it: another may need a program
 * that is not here.
 */
const starterFor = (task: string, models: readonly DefaultCandidate[]): DefaultCandidate | undefined =>
	models
		.filter(({source, tasks}) => (source === 'starter' || source === 'plugin') && tasks.includes(task))
		.toSorted((a, b) => b.bytes - a.bytes)[0];

async function largestThatFits(
	task: string,
	models: readonly DefaultCandidate[],
	fits: (name: string) => Promise<boolean>,
): Promise<string | null> {
	const able = models.filter(
		({source, state, tasks}) => source !== 'starter' && state === 'present' && tasks.includes(task),
	);
	for (const {name} of able.toSorted((a, b) => parameters(b) - parameters(a) || b.bytes - a.bytes))
		if (await fits(name)) return name;
	return null;
}

const parameters = (model: DefaultCandidate): number => model.parameters ?? 0;

const readableCount = (count: number): string =>
	count >= 1e9 ? `${(count / 1e9).toFixed(1)} billion` : `${(count / 1e6).toFixed(1)} million`;
