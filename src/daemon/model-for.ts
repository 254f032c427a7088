import type {DefaultModel} from '../contract/progress.ts';
import {apiTask} from '../models/api-names.ts';
import type {Library} from '../models/library.ts';

/** A model or an alias of that name comes first; then what a hosted service means by it; else the name is left as it is. */
export async function modelFor(
	name: string,
	task: string,
	parts: {readonly library: Library; readonly chooseDefault: (task: string) => Promise<DefaultModel>},
): Promise<string> {
	if (apiTask(name) !== task) return name;
	const own = await parts.library.find(name).catch(() => null);
	return own === null ? (await parts.chooseDefault(task)).model : name;
}
