/** One file of `registry/models/`: a line of models in its sizes. The schema is `registry/schema/model.json`. */
export interface RegistryEntry extends RegistryFacts {
	readonly schema: 1;
	readonly name: string;
	/** Other names that people type for the line. */
	readonly aliases?: readonly string[];
	readonly description: string;
	/** As its authors spell it in `config.json` or the GGUF header. */
	readonly family: string;
	readonly tasks: readonly string[];
	/** SPDX, or the author's own word. */
	readonly license: string;
	/** False: known, and not run by this version; `because` says why. */
	readonly runs: boolean;
	/** `verified` only after it was pulled and run. */
	readonly verified: 'unverified' | 'verified';
	/** Pages on which the facts can be checked. */
	readonly sources: readonly string[];
	/** Files that several builds share, by a word that the builds name. */
	readonly companions?: Readonly<Record<string, readonly RegistryFile[]>>;
	/** The size that the bare name means. */
	readonly default: string;
	/** Smallest first. */
	readonly sizes: Readonly<Record<string, RegistrySize>>;
}

/** What is said of a line or of one size; what a size says wins. */
export interface RegistryFacts {
	readonly family?: string;
	readonly tasks?: readonly string[];
	readonly accepts?: readonly string[];
	readonly license?: string;
	readonly licenseUrl?: string;
	readonly nonCommercial?: boolean;
	/** The Hub asks for a yes to the licence. */
	readonly gated?: boolean;
	readonly runs?: boolean;
	readonly because?: string;
	readonly languages?: readonly string[];
	readonly voices?: readonly string[];
	/** For the adapter of the family, such as pooling. */
	readonly options?: Readonly<Record<string, unknown>>;
}

export interface RegistrySize extends RegistryFacts {
	/** Other words for the size: `turbo` for `large-v3-turbo`. */
	readonly aliases?: readonly string[];
	readonly parameters: number | null;
	/** Of a mixture of experts, those that one token meets. */
	readonly activeParameters?: number | null;
	readonly contextLength?: number | null;
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
	/** Which of the line's companions belong to it. */
	readonly companions?: readonly string[];
	/** False where this build alone is not run. */
	readonly runs?: boolean;
	readonly because?: string;
	readonly options?: Readonly<Record<string, unknown>>;
}

export interface RegistryFile {
	/** `weights`, `weights-2`, `projector`, `config`, `tokenizer`, or its own name: how an adapter asks for it. */
	readonly role: string;
	readonly file: string;
	/** Null where no page says it to the byte; the Hub does when it is fetched. */
	readonly bytes: number | null;
	/** Where it is not the build's own. */
	readonly repository?: string;
	readonly revision?: string;
}

/** A line's facts as they are true of one size. */
export interface SizeFacts {
	readonly family: string;
	readonly tasks: readonly string[];
	readonly accepts: readonly string[];
	readonly license: string;
	readonly nonCommercial: boolean;
	readonly gated: boolean;
	readonly runs: boolean;
	readonly because: string | null;
	readonly languages: readonly string[];
	readonly voices: readonly string[];
	readonly options: Readonly<Record<string, unknown>>;
}

export function factsOf(entry: RegistryEntry, size: RegistrySize): SizeFacts {
	const runs = entry.runs && size.runs !== false;
	return {
		family: size.family ?? entry.family,
		tasks: size.tasks ?? entry.tasks,
		accepts: size.accepts ?? entry.accepts ?? [],
		license: size.license ?? entry.license,
		nonCommercial: size.nonCommercial ?? entry.nonCommercial ?? false,
		gated: size.gated ?? entry.gated ?? false,
		runs,
		because: runs ? null : (size.because ?? entry.because ?? null),
		languages: size.languages ?? entry.languages ?? [],
		voices: size.voices ?? entry.voices ?? [],
		options: {...entry.options, ...size.options},
	};
}

/** Every file of a build, its companions too. */
export function filesOf(entry: RegistryEntry, variant: RegistryVariant): readonly RegistryFile[] {
	return [...variant.files, ...(variant.companions ?? []).flatMap(name => entry.companions?.[name] ?? [])];
}

/** Null where one of the sizes is not known to the byte. */
export function bytesOf(entry: RegistryEntry, variant: RegistryVariant): number | null {
	let sum = 0;
	for (const {bytes} of filesOf(entry, variant)) {
		if (bytes === null) return null;
		sum += bytes;
	}
	return sum;
}
