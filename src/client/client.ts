import type {LoadSettings} from '../contract/adapter.ts';
import type {PipelineAsk, PipelineEvent, PipelinePlan, PipelineSpec, PipelineStore} from '../contract/pipeline.ts';
import type {DefaultModel, InstallEvent, LoadEvent, RunEvent} from '../contract/progress.ts';
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
import type {RequestOf, TaskName} from '../contract/task.ts';

export type {DefaultModel, InstallEvent, LoadEvent, RunEvent} from '../contract/progress.ts';

/**
 * Everything the command line and the terminal interface can do. Two things implement it:
 * the HTTP client of the daemon, and the in-process one behind `--no-daemon`.
 * Every failure is a `MofaError`.
 */
export interface Client extends AsyncDisposable, ModelStore, PipelineStore, Tasked {
	/** Where the daemon is asked, if it is one elsewhere: `http://box:8420`. */
	readonly remote?: string;
	version(): Promise<VersionReport>;
	run<T extends TaskName>(ask: RunAsk<T>): AsyncIterable<RunEvent<T>>;
	/** Loads nothing. Throws `invalid-request` naming the stages that do not meet. */
	planPipeline(pipeline: PipelineSpec): Promise<PipelinePlan>;
	/** Input and events at the same time. Throws what a plan does, and `stage-failed`. */
	runPipeline(ask: PipelineAsk): AsyncIterable<PipelineEvent>;
	models(): Promise<readonly ModelReport[]>;
	/** Also answers for the path of a file that is in no list. */
	model(name: string): Promise<ModelDetails>;
	/**
	 * For `chat`, which it is for where no task is named: the user's default, else the best model present, else the guide.
	 * For another task the best model present, else what is built in. `accepts` is a medium that it must take, too, such as
	 * `image` for a question about a picture. Says which and why. Throws `task-unsupported`.
	 */
	defaultModel(task?: string, accepts?: string): Promise<DefaultModel>;
	/** Of every model here that speaks, or of one. Throws `model-not-found`. */
	voices(model?: string): Promise<readonly VoiceReport[]>;
	removeModel(name: string, options: {readonly force: boolean}): Promise<{readonly freedBytes: number}>;
	residents(): Promise<readonly ResidentReport[]>;
	/** Loads without running anything; the stream ends when the model is ready. */
	load(ask: LoadAsk): AsyncIterable<LoadEvent>;
	unload(name: string): Promise<void>;
	device(): Promise<DeviceReport>;
	packs(): Promise<readonly PackReport[]>;
	installPack(name: string, signal: AbortSignal): AsyncIterable<InstallEvent>;
	removePack(name: string): Promise<{readonly freedBytes: number}>;
	events(signal: AbortSignal): AsyncIterable<DaemonEvent>;
	/** Lets running answers end, unloads everything, and leaves. */
	shutdown(): Promise<void>;
}

export interface LoadAsk {
	readonly model: string;
	readonly keepAlive?: number | undefined;
	readonly settings?: LoadSettings | undefined;
	readonly signal: AbortSignal;
}

export interface RunAsk<T extends TaskName> extends LoadAsk {
	readonly task: T;
	readonly request: RequestOf<T>;
}
