/** The machine, detected once. */
export interface Device {
	readonly platform: 'darwin' | 'linux' | 'win32';
	readonly arch: 'arm64' | 'x64';
	/** Bytes each memory pool may hold: `ram`, `cuda:0`, or `unified`. */
	readonly pools: Readonly<Record<string, number>>;
	/** Cores this process may really use: affinity and cgroup quota respected. */
	readonly cores: number;
	readonly accelerators: readonly string[];
}

/** A runtime that executes weights: llama.cpp, ONNX Runtime, MLX, a child process, a remote host. */
export interface Backend<Session extends AsyncDisposable> {
	readonly name: string;
	/** Cheap, side-effect free, never throws. Native code is tried in a child process first. */
	probe(device: Device): Promise<Availability>;
	/** What the probe's answer depends on, in one line; absent or null where nobody can tell, and each time is asked. */
	probedFrom?(device: Device): Promise<string | null>;
	/** Loads the native runtime into this process. Throws `backend-unavailable`. */
	open(options: OpenOptions): Promise<Session>;
}

export interface OpenOptions {
	readonly signal: AbortSignal;
	/** The machine to compute on: says which accelerator the runtime may look for. */
	readonly device: Device;
	/** Cores the scheduler has handed to this engine for now. */
	readonly threads: number;
}

export type Availability =
	| {readonly ok: true; readonly version: string; readonly accelerator: string}
	| {readonly ok: false; readonly reason: UnavailableReason; readonly hint: string};

export type UnavailableReason = 'unsupported' | 'not-installed' | 'driver-missing' | 'crashed';
