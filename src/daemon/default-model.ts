import type {DefaultModel} from '../contract/progress.ts';
import type {LibraryEntry} from '../models/library.ts';

export type DefaultCandidate = Pick<LibraryEntry, 'name' | 'source' | 'state' | 'tasks' | 'parameters' | 'bytes'>;

const guide = 'guide';

/**
 * 1. What the user set. 2. The largest chat model on this machine that fits. 3. The guide that ships with mofa.
 * `fits` is asked of each model in turn, largest first. Pure but for it.
 */
export async function defaultModel(
	configured: string | null,
	models: readonly DefaultCandidate[],
	fits: (name: string) => Promise<boolean>,
): Promise<DefaultModel> {
	// 1.
	if (configured !== null) return {model: configured, because: `${configured}, your default model`};
	// 2.
	const chatModels = models.filter(
		({source, state, tasks}) => source !== 'starter' && state === 'present' && tasks.includes('chat'),
	);
	for (const model of chatModels.toSorted((a, b) => parameters(b) - parameters(a) || b.bytes - a.bytes)) {
		const {name} = model;
		if (await fits(name)) return {model: name, because: `${name}, the largest chat model on this machine that fits`};
	}
	// 3.
	const starter = models.find(({name}) => name === guide);
	const size = starter === undefined ? '' : ` of ${readableCount(parameters(starter))} parameters`;
	return {model: guide, because: `the built-in guide, a toy${size}: it knows mofa and little else`};
}

const parameters = (model: DefaultCandidate): number => model.parameters ?? 0;

const readableCount = (count: number): string =>
	count >= 1e9 ? `${(count / 1e9).toFixed(1)} billion` : `${(count / 1e6).toFixed(1)} million`;
