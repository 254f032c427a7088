import type {ContentfulStatusCode} from 'hono/utils/http-status';
import type {FailureCode} from '../contract/error.ts';

export interface Status {
	readonly status: ContentfulStatusCode;
	/** As OpenAI's envelope names it. */
	readonly type: 'invalid_request_error' | 'authentication_error' | 'overloaded_error' | 'api_error';
	/** Official OpenAI clients try 409 and 5xx again by themselves; false where that cannot help. */
	readonly retry: boolean;
}

const asked = {type: 'invalid_request_error', retry: false} as const;
const failed = {type: 'api_error', retry: false} as const;

export const statusOf: Readonly<Record<FailureCode, Status>> = {
	'invalid-request': {status: 400, ...asked},
	'model-not-found': {status: 404, ...asked},
	'model-invalid': {status: 422, ...asked},
	'model-unsupported': {status: 422, ...asked},
	'task-unsupported': {status: 400, ...asked},
	'context-overflow': {status: 400, ...asked},
	'model-in-use': {status: 409, ...asked},
	unauthorized: {status: 401, type: 'authentication_error', retry: false},
	cancelled: {status: 499 as ContentfulStatusCode, ...asked},
	busy: {status: 503, type: 'overloaded_error', retry: true},
	'does-not-fit': {status: 507, ...failed},
	'backend-unavailable': {status: 503, ...failed},
	'load-failed': {status: 500, ...failed},
	'runner-failed': {status: 500, type: 'api_error', retry: true},
	network: {status: 502, ...failed},
	gated: {status: 403, type: 'authentication_error', retry: false},
	'rate-limited': {status: 503, type: 'overloaded_error', retry: false},
	offline: {status: 503, ...failed},
	'disk-full': {status: 507, ...failed},
	'content-mismatch': {status: 502, ...failed},
	'daemon-unreachable': {status: 502, ...failed},
	'file-error': {status: 500, ...failed},
	'stage-failed': {status: 500, ...failed},
	internal: {status: 500, ...failed},
};
