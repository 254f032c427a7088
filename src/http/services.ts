import type {Leases} from '../contract/lease.ts';
import type {Pipelines, PipelineStore} from '../contract/pipeline.ts';
import type {DefaultModel, InstallEvent} from '../contract/progress.ts';
import type {
	DaemonEvent,
	DeviceReport,
	ModelDetails,
	ModelReport,
	PackReport,
	ResidentReport,
	VersionReport,
	VoiceReport,
} from '../contract/report.ts';
import type {Tasked} from '../contract/plugin.ts';
import type {ModelStore} from '../contract/store.ts';
import type {AnyTask} from '../contract/task.ts';

/** Everything HTTP needs of the daemon. It sees neither the scheduler nor the model store. */
export interface Services extends ModelStore, PipelineStore, Omit<Tasked, 'runInputs'> {
	readonly leases: Leases;
	readonly tasks: Readonly<Record<string, AnyTask>>;
	readonly pipelines: Pipelines;
	/** The requests that a task makes of what comes in. Throws `task-unsupported`, `invalid-request`. */
	requestsOf(task: string, inputs: readonly unknown[], request: Readonly<Record<string, unknown>>): readonly unknown[];
	version(): VersionReport;
	models(): Promise<readonly ModelReport[]>;
	/** Throws `model-not-found`, `model-invalid`. */
	model(name: string): Promise<ModelDetails>;
	/** Absent: for chat. `accepts`: a medium that it must take, too. Throws `task-unsupported` where no model here does it. */
	defaultModel(task?: string, accepts?: string): Promise<DefaultModel>;
	/** What a name of a hosted service stands for here: the default model of the task it is for. Any other name stays. */
	modelFor(name: string, task: string): Promise<string>;
	/** Of every model that speaks, or of one. Throws `model-not-found`. */
	voices(model?: string): Promise<readonly VoiceReport[]>;
	/** Throws `model-in-use` unless `force`. */
	removeModel(name: string, options: {readonly force: boolean}): Promise<{readonly freedBytes: number}>;
	residents(): readonly ResidentReport[];
	unload(name: string): Promise<void>;
	device(): Promise<DeviceReport>;
	packs(): Promise<readonly PackReport[]>;
	installPack(name: string, signal: AbortSignal): AsyncIterable<InstallEvent>;
	removePack(name: string): Promise<{readonly freedBytes: number}>;
	/** Returns what ends the subscription. Must send `daemon-stopping` before it waits for running answers. */
	onEvent(listener: (event: DaemonEvent) => void): () => void;
	/** Begins the graceful end and returns at once. */
	shutdown(): void;
}
