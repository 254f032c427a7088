import type {Availability, Backend, Device} from './backend.ts';
import type {AnyEngine, Engine, Footprint} from './engine.ts';
import type {InstalledModel, ModelManifest, Variant} from './manifest.ts';
import type {Medium} from './media.ts';
import type {TaskName} from './task.ts';

/** Teaches mofa one model family on one backend. One file (or folder) in `adapters/`. */
export interface Adapter<T extends TaskName, Options, Session extends AsyncDisposable> {
	readonly apiVersion: 1;
	readonly name: string;
	readonly backend: Backend<Session>;
	readonly tasks: readonly T[];
	/** Media that its engines take beside text, where it is not all that the manifest names. */
	readonly accepts?: readonly Medium[];
	serves(manifest: ModelManifest, variant: Variant): boolean;
	/** `input` is the variant's own options, overlaid with the settings of the request that loads it. */
	parseOptions(input: Readonly<Record<string, unknown>>): Options;
	/** Pure estimate used before anything is loaded. */
	estimate(model: InstalledModel, options: Options, device: Device): Footprint;
	load(request: LoadRequest<Options, Session>): Promise<Engine<T>>;
}

/** Settings that shape a load, e.g. `{contextLength: 8192, slots: 2}`. A change means another load. */
export type LoadSettings = Readonly<Record<string, unknown>>;

export interface LoadContext {
	readonly signal: AbortSignal;
	/** 0..1 */
	readonly progress: (fraction: number) => void;
	readonly device: Device;
	/** Cores the scheduler has handed to this engine for now. */
	readonly threads: number;
	readonly settings: LoadSettings;
}

export interface LoadRequest<Options, Session> extends LoadContext {
	readonly model: InstalledModel;
	readonly options: Options;
	/** Owned by the engine once `load` returns; disposed by the caller if it throws. */
	readonly session: Session;
}

/** An adapter with its private types closed over, so a list of them is possible without `any`. */
export interface AnyAdapter {
	readonly name: string;
	/** The module of the plugin that it comes from; absent: built in. */
	readonly plugin?: string;
	readonly backend: string;
	readonly tasks: readonly TaskName[];
	readonly accepts?: readonly Medium[];
	serves(manifest: ModelManifest, variant: Variant): boolean;
	probe(device: Device): Promise<Availability>;
	probedFrom(device: Device): Promise<string | null>;
	estimate(model: InstalledModel, device: Device, settings: LoadSettings): Footprint;
	load(model: InstalledModel, context: LoadContext): Promise<AnyEngine>;
}

/** Type-checks that `load` returns a handler for every task the adapter declares. */
export function defineAdapter<const T extends TaskName, Options, Session extends AsyncDisposable>(
	adapter: Adapter<T, Options, Session>,
): AnyAdapter {
	const optionsOf = (model: InstalledModel, settings: LoadSettings): Options =>
		adapter.parseOptions({...model.variant.options, ...settings});
	return {
		name: adapter.name,
		backend: adapter.backend.name,
		tasks: adapter.tasks,
		...(adapter.accepts === undefined ? {} : {accepts: adapter.accepts}),
		serves: adapter.serves,
		probe: device => adapter.backend.probe(device),
		probedFrom: async device => (await adapter.backend.probedFrom?.(device)) ?? null,
		estimate: (model, device, settings) => adapter.estimate(model, optionsOf(model, settings), device),
		async load(model, context) {
			const options = optionsOf(model, context.settings);
			const session = await adapter.backend.open({
				signal: context.signal,
				device: context.device,
				threads: context.threads,
			});
			try {
				return await adapter.load({...context, model, options, session});
			} catch (error) {
				await session[Symbol.asyncDispose]();
				throw error;
			}
		},
	};
}
