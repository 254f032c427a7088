import {readFile} from 'node:fs/promises';
import path from 'node:path';
import {filesBelow, namePart, type FoundModel, type Tool} from './found-model.ts';
import {ggufModels} from './gguf-folder.ts';

/**
 * `models/<publisher>/<repository>/<file>.gguf`, below a home that a pointer file may name; before 0.3.6 it was
 * `~/.cache/lm-studio`. Source: lmstudio.ai/docs, "Import models".
 */
export const lmstudio: Tool = {
	name: 'lmstudio',
	folders: ({home}) => [path.join(home, '.lmstudio', 'models'), path.join(home, '.cache', 'lm-studio', 'models')],
	async find(folder) {
		const files = await filesBelow(folder, 3);
		const repositories = new Map<string, string[]>();
		for (const file of files) {
			const parts = file.split('/');
			if (parts.length !== 3) continue;
			const repository = parts.slice(0, 2).join('/');
			repositories.set(repository, [...(repositories.get(repository) ?? []), parts[2] ?? '']);
		}
		const models = await Promise.all(
			[...repositories].map(([repository, names]) => modelsOf(folder, repository, names)),
		);
		return distinct(models.flat());
	},
};

/** The home that LM Studio was told to use instead of its own, or null. */
export async function lmstudioHome(home: string): Promise<string | null> {
	const pointer = await readFile(path.join(home, '.lmstudio-home-pointer'), 'utf8').catch(() => '');
	const folder = pointer.trim();
	return path.isAbsolute(folder) && folder.length < 4096 ? path.join(folder, 'models') : null;
}

async function modelsOf(folder: string, repository: string, names: readonly string[]): Promise<readonly FoundModel[]> {
	const at = path.join(folder, ...repository.split('/'));
	const name = namePart(path.posix.basename(repository));
	const found = await ggufModels(at, names, tag => `lmstudio/${name}:${namePart(tag)}`);
	if (found.length > 0 || !names.some(file => /\.safetensors$/i.test(file))) return found;
	return [{name: `lmstudio/${name}:safetensors`, files: [], because: 'its weights are not in GGUF'}];
}

/** Two publishers may have repositories of one name: the later ones get the publisher's before it. */
function distinct(models: readonly FoundModel[]): readonly FoundModel[] {
	const taken = new Set<string>();
	return models.map(model => {
		const publisher = namePart(path.basename(path.dirname(path.dirname(model.files[0]?.path ?? ''))));
		const name = taken.has(model.name) ? model.name.replace('lmstudio/', `lmstudio/${publisher}-`) : model.name;
		taken.add(name);
		return {...model, name};
	});
}
