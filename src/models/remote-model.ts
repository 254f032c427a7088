import type {ModelManifest, Variant} from '../contract/manifest.ts';

/** A model as it can be fetched: a name of the registry or any repository of the Hub, looked at but not downloaded. */
export interface RemoteModel {
	/** As the user will type it from now on: `qwen3:8b`, `org/repo`. */
	readonly name: string;
	readonly repository: string;
	readonly commit: string;
	/** What was asked for: `main`, a tag, a branch; the cache writes it to `refs/`. */
	readonly revision: string;
	readonly manifest: ModelManifest;
	/** In order of preference; `manifest.variants` are the same, without what is only known of the Hub. */
	readonly variants: readonly [RemoteVariant, ...RemoteVariant[]];
	readonly gated: boolean;
	/** What could not be known, one sentence each, with what would help. */
	readonly unknown: readonly string[];
	/** A smaller model of the same line, or null. */
	readonly sibling: string | null;
}

export interface RemoteVariant {
	readonly variant: Variant;
	/** Some variants live in a repository of their own. */
	readonly repository: string;
	readonly commit: string;
	/** Everything that has to be fetched for it, and nothing else. */
	readonly files: readonly RemoteFile[];
	/** False where mofa knows the build and does not run it; `because` says why. */
	readonly runs: boolean;
	readonly because: string | null;
}

export interface RemoteFile {
	readonly role: string;
	readonly file: string;
	readonly bytes: number;
	readonly sha256: string | null;
	readonly blobId: string;
	/** Where it is fetched from, if not from the repository of the weights: it comes to lie beside them all the same. */
	readonly source?: FileSource;
}

export interface FileSource {
	readonly repository: string;
	readonly commit: string;
}
