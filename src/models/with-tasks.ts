import type {ModelManifest, Variant} from '../contract/manifest.ts';
import type {LibraryModel} from './library-model.ts';

/** What whoever would serve a model does with it. */
export type TasksOf = (manifest: ModelManifest, variant: Variant) => readonly string[];

/** A manifest narrows what is done with a model; where its files say nothing of it, nothing is narrowed. */
export function withTasks(model: LibraryModel, tasksOf: TasksOf | undefined): LibraryModel {
	const {manifest, variant} = model.installed;
	if (manifest.tasks.length > 0 || tasksOf === undefined) return model;
	const tasks = tasksOf(manifest, variant);
	if (tasks.length === 0) return model;
	return {...model, installed: {...model.installed, manifest: {...manifest, tasks}}};
}
