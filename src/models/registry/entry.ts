/** One file of `registry/models/`: a line of models, in its sizes. The schema is `registry/schema/model.json`. */
export interface RegistryEntry {
	readonly schema: 1;
	readonly name: string;
	readonly description: string;
	/** As its authors spell it in `config.json` or the GGUF header. */
	readonly family: string;
	readonly tasks: readonly string[];
	readonly accepts?: readonly string[];
	/** SPDX, or the author's own word. */
	readonly license: string;
	readonly nonCommercial?: boolean;
	/** The Hub asks for a yes to the licence. */
	readonly gated?: boolean;
	/** False: known, and not run by this version; `because` says why. */
	readonly runs: boolean;
	readonly because?: string;
	readonly languages?: readonly string[];
	readonly voices?: readonly string[];
	/** `verified` only after it was pulled and run. */
	readonly verified: 'unverified' | 'verified';
	/** Pages that the facts were read on. */
	readonly sources: readonly string[];
	/** The size that the bare name means. */
	readonly default: string;
	readonly sizes: Readonly<Record<string, RegistrySize>>;
}

export interface RegistrySize {
	readonly parameters: number | null;
	readonly contextLength?: number | null;
	readonly license?: string;
	readonly gated?: boolean;
	readonly languages?: readonly string[];
	readonly voices?: readonly string[];
	/** `name:size` of a smaller one, offered where this one does not fit. */
	readonly sibling?: string | null;
	/** In the author's order of preference. */
	readonly variants: readonly [RegistryVariant, ...RegistryVariant[]];
}

export interface RegistryVariant {
	/** Lower case: what stands behind the size in `qwen3:8b-q8_0`. */
	readonly tag: string;
	readonly format: string;
	readonly quantization?: string;
	readonly repository: string;
	readonly revision?: string;
	readonly files: readonly [RegistryFile, ...RegistryFile[]];
	/** False where this build alone is not run. */
	readonly runs?: boolean;
	readonly because?: string;
}

export interface RegistryFile {
	/** `weights`, `config`, `tokenizer`, `voices`, `projector`. */
	readonly role: string;
	readonly file: string;
	/** Null where no page says it to the byte; the Hub does when it is fetched. */
	readonly bytes: number | null;
}
