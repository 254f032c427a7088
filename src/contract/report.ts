import type {PassedOver} from './error.ts';
import type {Footprint} from './engine.ts';
import type {UnavailableReason} from './backend.ts';

/**
 * What the daemon tells about itself: the JSON of every listing, on HTTP and behind `--json`.
 * `registry/schema/*.json` publishes the same shapes; a test holds the two together.
 */

export interface VersionReport {
	readonly name: 'mofa';
	readonly version: string;
	readonly pid: number;
	/** Raised when the native API changes shape; a client that speaks another one restarts the daemon. */
	readonly protocol: number;
	/** Where HTTP listens, or null when only the local socket does. */
	readonly address: string | null;
	readonly startedAt: string;
}

export interface ModelReport {
	/** What to type after `mofa run`. */
	readonly name: string;
	readonly tasks: readonly string[];
	readonly family: string;
	readonly format: string;
	readonly quantization: string | null;
	readonly parameters: number | null;
	readonly contextLength: number | null;
	/** Of all its files, whole. */
	readonly bytes: number;
	/** How much of that is on the disk: less while it is partial, nothing when it is gone. */
	readonly presentBytes: number;
	/** `present`, `partial` (a download that was not finished), `gone` (adopted, and then deleted by its own tool). */
	readonly state: 'present' | 'partial' | 'gone';
	/** ISO 8601, or null for what ships with mofa. */
	readonly modifiedAt: string | null;
	/** ISO 8601, when it was loaded last; null where that was never. */
	readonly lastUsedAt: string | null;
	/** `starter`, `hub-cache`, `adopted`, `file`, `pipeline`, `plugin`. */
	readonly source: string;
	/** The tool in whose store the files lie: `huggingface`, `ollama`, `lmstudio`, `llama.cpp`; the plugin that brings it; null for files of no tool. */
	readonly origin: string | null;
	/** Other names it answers to. */
	readonly aliases: readonly string[];
}

export interface ModelDetails extends ModelReport {
	/** Media that it takes beside the first of its task: a chat model that sees has `image` here. */
	readonly accepts: readonly string[];
	readonly license: string;
	readonly description: string | null;
	/** Of the Hub, `org/repo`; null for files that came another way. */
	readonly repository: string | null;
	/** The version of the repository that the files are of, and the branch or tag it was asked by. */
	readonly commit: string | null;
	readonly revision: string | null;
	readonly files: ReadonlyArray<{
		readonly role: string;
		readonly path: string;
		readonly bytes: number;
		/** Hexadecimal, as the store names the file by it: SHA-256, or git's SHA-1 for small files; null where none is known. */
		readonly hash: string | null;
	}>;
	/** Jinja, as the file has it. */
	readonly template: string | null;
	/** Default settings the file or the manifest asks for. */
	readonly settings: Readonly<Record<string, unknown>>;
	/** Scalars of the file's own header. */
	readonly metadata: Readonly<Record<string, unknown>>;
	readonly choice: ChoiceReport;
}

/** Which variant runs where, and why not the others. */
export interface ChoiceReport {
	readonly ok: boolean;
	readonly variant: string | null;
	readonly adapter: string | null;
	readonly accelerator: string | null;
	readonly needs: Footprint;
	readonly passedOver: readonly PassedOver[];
}

/** A voice of a model that speaks and is on this machine. */
export interface VoiceReport {
	/** What to type after `--voice`. */
	readonly name: string;
	readonly model: string;
	/** BCP 47: `en-US`. */
	readonly language: string;
	readonly description: string | null;
	/** The one that its model speaks with when none is named. */
	readonly isDefault: boolean;
}

export interface ResidentReport {
	readonly name: string;
	readonly state: 'loading' | 'ready' | 'unloading';
	readonly tasks: readonly string[];
	readonly backend: string;
	readonly accelerator: string;
	readonly footprint: Footprint;
	/** Resident set of its runner process, bytes. */
	readonly rss: number;
	readonly threads: number;
	readonly pid: number | null;
	readonly active: number;
	readonly slots: number;
	readonly contextLength: number | null;
	readonly loadedMs: number | null;
	/** ISO 8601; null while it is in use or pinned. */
	readonly expiresAt: string | null;
	readonly pinned: boolean;
}

export interface DeviceReport {
	readonly platform: string;
	readonly arch: string;
	readonly cpu: {
		readonly model: string;
		readonly features: readonly string[];
		/** Of the machine, and those this process may use. */
		readonly cores: number;
		readonly usableCores: number;
		readonly limitedBy: string | null;
	};
	readonly memory: {
		readonly total: number;
		readonly available: number;
		/** Of the control group, or null. */
		readonly limit: number | null;
		/** What mofa lets its models take, per pool. */
		readonly budget: Footprint;
	};
	readonly gpus: ReadonlyArray<{readonly name: string; readonly kind: string; readonly memory: number | null}>;
	readonly backends: readonly BackendReport[];
}

export interface BackendReport {
	readonly name: string;
	readonly usable: boolean;
	readonly version: string | null;
	readonly accelerator: string | null;
	readonly reason: UnavailableReason | null;
	readonly hint: string | null;
}

export interface PackReport {
	readonly name: string;
	readonly backend: string;
	readonly summary: string;
	readonly version: string;
	/** `installed`, `outdated`, `available`, `unsupported` (with the reason in `hint`), `checkout` (comes with the source tree). */
	readonly state: 'installed' | 'outdated' | 'available' | 'unsupported' | 'checkout';
	readonly hint: string | null;
	readonly recommended: boolean;
	/** Null where it was never measured. */
	readonly downloadBytes: number | null;
	readonly installedBytes: number | null;
	readonly license: string;
	readonly accelerator: string;
	/** How long two cores were at it, where it is built on this machine; null where it comes ready. */
	readonly buildMinutes: number | null;
}

export interface CheckReport {
	readonly name: string;
	readonly ok: boolean;
	readonly found: string;
	/** The command or step that mends it. */
	readonly next: string | null;
}

/** What `GET /v1/events` sends, and what a load or an install tells while it runs. */
export type DaemonEvent =
	| {readonly type: 'model-loading'; readonly model: string}
	| {readonly type: 'model-loaded'; readonly model: string; readonly ms: number}
	| {readonly type: 'model-unloaded'; readonly model: string; readonly because: string}
	| {readonly type: 'model-failed'; readonly model: string; readonly code: string}
	| {readonly type: 'queue-changed'; readonly waiting: number}
	| {readonly type: 'daemon-stopping'};
