import type {ChoiceReport, ModelDetails, ModelReport} from '../contract/report.ts';
import type {LibraryEntry, LibraryModel} from '../models/library.ts';

/** A line of `mofa list`. */
export function modelReport({repository: _, commit: __, revision: ___, ...report}: LibraryEntry): ModelReport {
	return report;
}

/** Whether a model was used, and what else it is called: nothing in its own files says it. */
export type ModelHistory = Pick<ModelReport, 'lastUsedAt' | 'aliases'>;

/** The page of `mofa show`. */
export function modelDetails(model: LibraryModel, history: ModelHistory, choice: ChoiceReport): ModelDetails {
	const {manifest, variant} = model.installed;
	const {gguf, ...settings} = variant.options ?? {};
	const metadata = (gguf ?? {}) as Readonly<Record<string, unknown>>;
	const template = metadata['tokenizer.chat_template'];
	return {
		name: manifest.name,
		tasks: manifest.tasks,
		family: manifest.family,
		format: variant.format,
		quantization: variant.quantization ?? null,
		parameters: manifest.parameters ?? null,
		contextLength: manifest.contextLength ?? null,
		bytes: model.bytes,
		presentBytes: model.bytes,
		state: 'present',
		modifiedAt: model.modifiedAt?.toISOString() ?? null,
		source: model.source,
		origin: model.origin,
		...history,
		repository: model.repository,
		commit: model.commit,
		revision: model.revision,
		accepts: manifest.accepts ?? [],
		license: manifest.license,
		description: manifest.description ?? null,
		files: model.files.map(({role, path, bytes, hash}) => ({role, path, bytes, hash})),
		template: typeof template === 'string' ? template : null,
		settings,
		metadata: Object.fromEntries(Object.entries(metadata).filter(([key]) => key !== 'tokenizer.chat_template')),
		choice,
	};
}
