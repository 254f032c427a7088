/**
 * The Hugging Face Hub as the rest of `models/` sees it. `createHub` (create-hub.ts) speaks the protocol over undici.
 * Every failure is a `MofaError`: `model-not-found`, `unauthorized`, `gated`, `rate-limited`, `offline`, `network`,
 * `content-mismatch`, `model-invalid` (a file name that is refused, too many files), `model-unsupported` (disabled by
 * the Hub), `file-error` (certificates), `cancelled`.
 */
export interface Hub {
	/** Of `HF_ENDPOINT`, without a slash at the end. */
	readonly endpoint: string;
	/** What `revision` (a branch, a tag, a commit; null: `main`) means now. */
	revision(repository: string, revision: string | null, signal: AbortSignal): Promise<RepositoryRevision>;
	/** Every file of a commit, checked to be a harmless relative name. */
	tree(repository: string, commit: string, signal: AbortSignal): Promise<readonly RepositoryFile[]>;
	/** Where a file's bytes are; asks with a HEAD and follows relative redirects only. */
	locate(repository: string, commit: string, file: string, signal: AbortSignal): Promise<FileLocation>;
	/** Bytes `from` to `to` (exclusive) of a file; shorter only where the file ends. For headers: at most 64 MiB. */
	read(location: FileLocation, from: number, to: number, signal: AbortSignal): Promise<Buffer>;
	/**
	 * Streams bytes `from` to `to` (exclusive) and calls `onData` with each piece as it comes; a promise it returns is
	 * waited for (back-pressure). The piece is valid during the call and until that promise is settled, then its memory
	 * serves the next one. Rejects with `network` when the connection breaks, `content-mismatch` when the answer is not
	 * that range of that file, and with exactly what `onData` threw. An address that has expired is asked for anew
	 * within; `Retry-After` is not waited for.
	 */
	stream(location: FileLocation, from: number, to: number, options: StreamOptions): Promise<void>;
	search(ask: HubSearch, signal: AbortSignal): Promise<readonly HubSearchHit[]>;
	close(): Promise<void>;
}

export interface StreamOptions {
	readonly signal: AbortSignal;
	onData(piece: Buffer): void | Promise<void>;
}

export interface RepositoryRevision {
	/** As the Hub spells it: `Qwen/Qwen3-0.6B-GGUF`. */
	readonly repository: string;
	/** 40 hexadecimal digits. */
	readonly commit: string;
	readonly gated: boolean;
	readonly license: string | null;
	/** The Hub's own word for the task: `text-generation`, `automatic-speech-recognition`. */
	readonly pipelineTag: string | null;
	readonly library: string | null;
	readonly tags: readonly string[];
	readonly updatedAt: string | null;
}

export interface RepositoryFile {
	/** `/` between folders; never absolute, no `..`, no device name. */
	readonly file: string;
	readonly bytes: number;
	/** SHA-256 of the content, for files in LFS or Xet; else null. */
	readonly sha256: string | null;
	/** Git's own hash of the blob (SHA-1 over `blob SIZE\0CONTENT`): the cache names small files by it. */
	readonly blobId: string;
}

export interface FileLocation {
	readonly repository: string;
	readonly commit: string;
	readonly file: string;
	readonly bytes: number;
	/** Names the blob in the cache: SHA-256 for large files, git's SHA-1 for small ones. Checked to be hexadecimal. */
	readonly etag: string;
	readonly sha256: string | null;
	/** Where the bytes came from when it was asked; addresses of a CDN expire, and `read` and `stream` renew them. */
	readonly url: string;
}

export interface HubSearch {
	readonly query: string;
	/** The Hub's own filters, such as `gguf`, `onnx`, `automatic-speech-recognition`. */
	readonly filters: readonly string[];
	readonly limit: number;
}

export interface HubSearchHit {
	readonly repository: string;
	readonly pipelineTag: string | null;
	readonly library: string | null;
	readonly tags: readonly string[];
	readonly downloads: number;
	readonly likes: number;
	readonly gated: boolean;
	readonly updatedAt: string | null;
}
