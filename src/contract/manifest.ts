import type {Footprint} from './engine.ts';
import type {Medium} from './media.ts';

/** Data, not code: one JSON file in `registry/models/`, or read off a file's own header. Validated once when read. */
export interface ModelManifest {
	readonly schema: 1;
	readonly name: string;
	/** Architecture as its authors spell it (`qwen3`, `llama`), or `unknown`. */
	readonly family: string;
	readonly tasks: readonly string[];
	/** Narrows a task: a chat model that also sees lists `image` here. */
	readonly accepts?: readonly Medium[];
	/** SPDX identifier, the author's own word, or `unknown`. */
	readonly license: string;
	readonly parameters?: number;
	/** Tokens the model was trained to look back on. */
	readonly contextLength?: number;
	/** What the model is, in one sentence, where someone wrote it. */
	readonly description?: string;
	/** Of a model that speaks, the one it takes by itself first. */
	readonly voices?: readonly Voice[];
	readonly variants: readonly [Variant, ...Variant[]];
}

export interface Voice {
	/** How a request asks for it. */
	readonly name: string;
	/** BCP 47: `en-US`. */
	readonly language: string;
	readonly description?: string;
}

/** One downloadable build of the model. Order in the manifest is the author's preference. */
export interface Variant {
	readonly tag: string;
	/** `gguf`, `onnx`, `safetensors`. */
	readonly format: string;
	/** `Q8_0`, `F16`; absent where the format has none. */
	readonly quantization?: string;
	readonly files: readonly ModelFile[];
	/** Adapter-specific settings and header facts; only that adapter's `parseOptions` knows their shape. */
	readonly options?: Readonly<Record<string, unknown>>;
	/** Published estimate, replaced by a measurement after the first load on this machine. */
	readonly footprint?: Footprint;
}

export interface ModelFile {
	/** `weights`, `config`, `tokenizer`: how an adapter asks for it. */
	readonly role: string;
	readonly url: string;
	readonly bytes: number;
	readonly sha256?: string;
}

/** A variant whose files are on disk. */
export interface InstalledModel {
	/** Unique among installed models and stable between starts: the key of the scheduler. */
	readonly id: string;
	readonly manifest: ModelManifest;
	readonly variant: Variant;
	/** Absolute path of each file by role; plain data, so it crosses process walls. */
	readonly paths: Readonly<Record<string, string>>;
}
