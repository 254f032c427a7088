import type {Footprint} from '../contract/engine.ts';
import type {Leases} from '../contract/lease.ts';
import type {DefaultModel} from '../contract/progress.ts';
import type {ModelDetails} from '../contract/report.ts';
import type {AnyTask} from '../contract/task.ts';

/** What pipelines need of the program they run in. */
export interface PipelineHost {
	readonly leases: Leases;
	readonly tasks: Readonly<Record<string, AnyTask>>;
	/** `accepts`: a medium that it must take beside the first of its task. Throws `task-unsupported` where no model here does it. */
	defaultModel(task: string, accepts?: string): Promise<DefaultModel>;
	/** Throws `model-not-found`, `model-invalid`. */
	model(name: string): Promise<ModelDetails>;
	/** Media that the model takes beside the first of its task, as its manifest says. Throws `model-not-found`. */
	accepts(name: string): Promise<readonly string[]>;
	/** Bytes per pool that models may take. */
	capacity(): Footprint;
}
