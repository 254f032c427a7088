import type {ChoiceReport, ModelDetails, ModelReport} from '../contract/report.ts';
import type {LibraryModel} from '../models/library.ts';

/** A line of `mofa list`. */
export function modelReport({installed, source, bytes, modifiedAt}: LibraryModel): ModelReport {
	const {manifest, variant} = installed;
	return {
		name: manifest.name,
		tasks: manifest.tasks,
		family: manifest.family,
		format: variant.format,
		quantization: variant.quantization ?? null,
		parameters: manifest.parameters ?? null,
		contextLength: manifest.contextLength ?? null,
		bytes,
		modifiedAt: modifiedAt?.toISOString() ?? null,
		source,
	};
}

/** The page of `mofa show`. */
export function modelDetails(model: LibraryModel, choice: ChoiceReport): ModelDetails {
	const {manifest, variant, paths} = model.installed;
	const {gguf, ...settings} = variant.options ?? {};
	const metadata = (gguf ?? {}) as Readonly<Record<string, unknown>>;
	const template = metadata['tokenizer.chat_template'];
	return {
		...modelReport(model),
		license: manifest.license,
		description: manifest.description ?? null,
		files: variant.files.map(({role, bytes}) => ({role, path: paths[role] ?? '', bytes})),
		template: typeof template === 'string' ? template : null,
		settings,
		metadata: Object.fromEntries(Object.entries(metadata).filter(([key]) => key !== 'tokenizer.chat_template')),
		choice,
	};
}
