import type {z} from 'zod';
import {MofaError} from '../contract/error.ts';

/** Runs a schema over untrusted input; the first problem becomes `invalid-request` naming the field. */
export function parseWith<T>(schema: z.ZodType<T>, input: unknown): T {
	const parsed = schema.safeParse(input);
	if (parsed.success) return parsed.data;
	const issue = parsed.error.issues[0];
	throw new MofaError('invalid-request', {
		path: issue === undefined || issue.path.length === 0 ? 'body' : issue.path.map(String).join('.'),
		expected: issue?.message ?? 'something else',
	});
}

/** For a strict schema: what is said of fields that it does not know. Undefined where something else is wrong. */
export function nothingCalled(issue: {readonly code?: string; readonly keys?: unknown}): string | undefined {
	return issue.code === 'unrecognized_keys' && Array.isArray(issue.keys)
		? `nothing called ${issue.keys.join(', ')}`
		: undefined;
}
