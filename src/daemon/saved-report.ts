import type {SavedPipeline} from '../contract/pipeline.ts';
import type {ModelDetails, ModelReport} from '../contract/report.ts';

/** A saved pipeline in the list of models. It holds no weights: its stages name those that do. */
export function savedReport({name, tasks, savedAt}: SavedPipeline): ModelReport {
	return {
		name,
		tasks,
		family: 'pipeline',
		format: 'pipeline',
		quantization: null,
		parameters: null,
		contextLength: null,
		bytes: 0,
		presentBytes: 0,
		state: 'present',
		modifiedAt: savedAt,
		lastUsedAt: null,
		source: 'pipeline',
		origin: null,
		aliases: [],
	};
}

/** The page of it: the stages are its settings. */
export function savedDetails(saved: SavedPipeline): ModelDetails {
	const {description, pipeline} = saved;
	return {
		...savedReport(saved),
		accepts: saved.accepts.filter(medium => medium !== 'text'),
		license: 'unknown',
		description,
		repository: null,
		commit: null,
		revision: null,
		files: [],
		template: null,
		settings: {stages: pipeline.stages, ...(pipeline.loop === true ? {loop: true} : {})},
		metadata: {},
		choice: {ok: true, variant: null, adapter: null, accelerator: null, needs: {}, passedOver: []},
	};
}
