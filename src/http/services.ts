import type {Leases} from '../contract/lease.ts';
import type {DefaultModel, InstallEvent} from '../contract/progress.ts';
import type {
	DaemonEvent,
	DeviceReport,
	ModelDetails,
	ModelReport,
	PackReport,
	ResidentReport,
	VersionReport,
} from '../contract/report.ts';
import type {ModelStore} from '../contract/store.ts';
import type {AnyTask} from '../contract/task.ts';

/** Everything HTTP needs of the daemon. It sees neither the scheduler nor the model store. */
export interface Services extends ModelStore {
	readonly leases: Leases;
	readonly tasks: Readonly<Record<string, AnyTask>>;
	version(): VersionReport;
	models(): Promise<readonly ModelReport[]>;
	/** Throws `model-not-found`, `model-invalid`. */
	model(name: string): Promise<ModelDetails>;
	defaultModel(): Promise<DefaultModel>;
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
