/** Every failure a user can meet. The data is all a client needs to render it; the words are written in `cli/` and `tui/`. */
export interface Failures {
	'invalid-request': {
		readonly path: string;
		readonly expected: string;
		readonly unknown?: UnknownNames;
		/** Whose choice it is, where whoever asked knows. */
		readonly model?: string;
	};
	'model-not-found': {readonly model: string; readonly similar: readonly string[]};
	/** The file is not what it claims to be: truncated, damaged, a web page, hostile. */
	'model-invalid': {readonly model: string; readonly problem: string};
	/** What the file is, is known, and nothing here runs it: a family without an adapter, a folder, a pickle. */
	'model-unsupported': {readonly model: string; readonly problem: string; readonly hint: string};
	'task-unsupported': {readonly model: string; readonly task: string; readonly supported: readonly string[]};
	'does-not-fit': {
		readonly model: string;
		readonly needs: Readonly<Record<string, number>>;
		readonly has: Readonly<Record<string, number>>;
		readonly passedOver: readonly PassedOver[];
	};
	'context-overflow': {
		readonly model: string;
		readonly tokens: number;
		readonly limit: number;
		/** Refused before it was counted: `tokens` is a bound. */
		readonly atLeast?: true;
	};
	'backend-unavailable': {
		readonly backend: string;
		readonly reason: string;
		readonly hint: string;
		/** The pack that would make it available, and what it costs to get. */
		readonly pack?: {readonly name: string; readonly bytes: number | null; readonly buildMinutes?: number};
	};
	'load-failed': {readonly model: string; readonly problem: string};
	/** The process that held the model is gone; nothing else was touched. */
	'runner-failed': {readonly model: string; readonly reason: RunnerFailure; readonly detail: string};
	/** A model is in use, so it may not be removed or unloaded now. */
	'model-in-use': {readonly model: string; readonly leases: number};
	busy: {readonly model: string; readonly queued: number; readonly retryAfterSeconds: number};
	network: {
		readonly address: string;
		readonly problem: string;
		/**
		 * It was a daemon elsewhere that was asked: it is silent, its certificate is not trusted, or it is not understood.
		 * Or one was to be started where one runs, or where it cannot have its address.
		 */
		readonly daemon?: 'silent' | 'untrusted' | 'other-version' | 'running' | 'cannot-listen';
	};
	unauthorized: {readonly address: string; readonly hint: string};
	/** The author asks for a yes to the licence first; `page` is where to give it. */
	gated: {readonly repository: string; readonly page: string; readonly signedIn: boolean};
	'rate-limited': {readonly address: string; readonly retryAfterSeconds: number};
	/** Something needs the network, and the user said to stay off it. */
	offline: {readonly wanted: string; readonly setting: string};
	'disk-full': {readonly path: string; readonly needs: number; readonly free: number};
	/** What came is not what was announced: a wrong length, a wrong hash, a file that changed midway. */
	'content-mismatch': {readonly file: string; readonly expected: string; readonly found: string};
	'daemon-unreachable': {readonly address: string; readonly problem: string};
	'file-error': {readonly path: string; readonly problem: string};
	/** A stage of a pipeline could not go on; what it had given until then was passed on. */
	'stage-failed': {readonly stage: string; readonly model: string | null; readonly failure: WireFailure};
	cancelled: Readonly<Record<string, never>>;
	internal: {readonly problem: string};
}

/** What nobody knows of a request, and what could have been meant: nothing where that is not known. */
export interface UnknownNames {
	readonly names: readonly string[];
	readonly known: readonly string[];
}

export type RunnerFailure = 'exited' | 'killed' | 'hung' | 'out-of-memory';

export interface PassedOver {
	readonly variant: string;
	readonly adapter: string;
	readonly because: string;
}

export type FailureCode = keyof Failures;

/** The form that crosses process walls and HTTP. */
export interface WireFailure {
	readonly code: FailureCode;
	readonly data: Failures[FailureCode];
}

/** Survives a trip over HTTP: `code` and `data` are the wire form, `cause` stays home. */
export class MofaError<C extends FailureCode = FailureCode> extends Error {
	override readonly name = 'MofaError';
	readonly code: C;
	readonly data: Failures[C];
	/** Works across duplicate copies of the package, where `instanceof` does not. */
	readonly isMofaError = true;

	constructor(code: C, data: Failures[C], options?: ErrorOptions) {
		super(`${code} ${JSON.stringify(data)}`, options);
		this.code = code;
		this.data = data;
	}

	static is<C extends FailureCode>(error: unknown, code?: C): error is MofaError<C> {
		return (
			typeof error === 'object' &&
			error !== null &&
			'isMofaError' in error &&
			(code === undefined || ('code' in error && error.code === code))
		);
	}

	/** What is not a `MofaError` becomes `internal`, with its words kept; an abort becomes `cancelled`. */
	static from(error: unknown): MofaError {
		if (MofaError.is(error)) return error;
		if (error instanceof Error && error.name === 'AbortError') return new MofaError('cancelled', {}, {cause: error});
		return new MofaError('internal', {problem: error instanceof Error ? error.message : String(error)}, {cause: error});
	}

	toWire(): WireFailure {
		return {code: this.code, data: this.data};
	}
}
