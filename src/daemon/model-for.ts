import type {Library} from '../models/library.ts';

/** A model or an alias of that name comes first; then what a hosted service means by it; else the name is left as it is. */
export async function modelFor(
	name: string,
	task: string,
	parts: {
		readonly library: Library;
		readonly meantBy: (name: string, task: string) => Promise<string | null>;
	},
): Promise<string> {
	const own = await parts.library.lookUp(name).catch(() => null);
	return own === null ? ((await parts.meantBy(name, task)) ?? name) : name;
}
