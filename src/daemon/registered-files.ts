import type {RegisteredFile} from '../models/library.ts';
import {parseName} from '../models/name.ts';
import type {Registry} from '../models/registry/registry.ts';

/** Where a short name may lead in the cache: the build that was named, else each in the order of preference. */
export async function registeredFiles(registry: Registry, text: string): Promise<readonly RegisteredFile[]> {
	const name = parseName(text);
	if (name.kind !== 'registered') return [];
	const match = await registry.find(name.name, name.tag);
	const variants = match?.size.variants.filter(({tag}) => match.wanted === null || tag === match.wanted) ?? [];
	return variants.flatMap(({repository, revision = null, files}) => {
		const weights = files.find(({role}) => role === 'weights') ?? files[0];
		return [{repository, revision, file: weights.file}];
	});
}
