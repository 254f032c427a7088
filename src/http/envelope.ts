import type {ContentfulStatusCode} from 'hono/utils/http-status';
import {MofaError, type FailureCode, type Failures} from '../contract/error.ts';
import {messageOf} from './message.ts';
import type {AppContext} from './options.ts';
import {statusOf, type Status} from './status.ts';

/** OpenAI's error object, with our code and its data in it: a `mofa` client re-creates the same error. */
export interface Envelope {
	readonly error: {
		readonly message: string;
		readonly type: Status['type'];
		readonly param: string | null;
		readonly code: FailureCode;
		readonly data: Failures[FailureCode];
	};
}

/** A failure whose HTTP status says more than its code: 403, 404 of a path, 405, 413, 415. */
export class Refusal extends Error {
	readonly status: ContentfulStatusCode;
	readonly failure: MofaError;
	readonly headers: Readonly<Record<string, string>>;

	constructor(status: ContentfulStatusCode, failure: MofaError, headers: Readonly<Record<string, string>> = {}) {
		super(failure.message, {cause: failure});
		this.status = status;
		this.failure = failure;
		this.headers = headers;
	}
}

export function envelopeOf(error: unknown): Envelope {
	const failure = failureOf(error);
	return {
		error: {
			message: messageOf(failure.code, failure.data),
			type: statusOf[failure.code].type,
			param: paramOf(failure),
			code: failure.code,
			data: failure.data,
		},
	};
}

/** The whole answer to a request that failed before its first byte. */
export function errorResponse(context: AppContext, error: unknown): Response {
	const failure = failureOf(error);
	const {status, retry} = statusOf[failure.code];
	if (MofaError.is(failure, 'busy'))
		context.header('retry-after', String(Math.max(1, Math.ceil(failure.data.retryAfterSeconds))));
	if (!retry) context.header('x-should-retry', 'false');
	if (error instanceof Refusal) for (const [name, value] of Object.entries(error.headers)) context.header(name, value);
	return context.json(envelopeOf(failure), error instanceof Refusal ? error.status : status);
}

export function failureOf(error: unknown): MofaError {
	return error instanceof Refusal ? error.failure : MofaError.from(error);
}

function paramOf(failure: MofaError): string | null {
	if (MofaError.is(failure, 'invalid-request')) return failure.data.path;
	return failure.code === 'model-not-found' || failure.code === 'task-unsupported' ? 'model' : null;
}

export function invalid(path: string, expected: string): MofaError<'invalid-request'> {
	return new MofaError('invalid-request', {path, expected});
}
