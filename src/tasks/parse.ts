import type {z} from 'zod';
import {MofaError} from '../contract/error.ts';

type Issue = z.core.$ZodIssue;

/** Runs a schema over untrusted input; the first problem becomes `invalid-request` naming the field. */
export function parseWith<T>(schema: z.ZodType<T>, input: unknown): T {
	const parsed = schema.safeParse(input);
	if (parsed.success) return parsed.data;
	const [issue] = parsed.error.issues;
	const {path, expected, unknown} =
		issue === undefined ? {path: [], expected: 'something else'} : (nothingCalled(issue) ?? told(issue));
	throw new MofaError('invalid-request', {
		path: path.length === 0 ? 'body' : path.map(String).join('.'),
		expected,
		...(unknown === undefined ? {} : {unknown: {names: unknown, known: path.length === 0 ? fieldsOf(schema) : []}}),
	});
}

/** Of the whole; none where it is not an object. */
function fieldsOf(schema: z.ZodType): readonly string[] {
	return 'shape' in schema && typeof schema.shape === 'object' && schema.shape !== null
		? Object.keys(schema.shape)
		: [];
}

interface Problem {
	readonly path: readonly PropertyKey[];
	readonly expected: string;
	readonly unknown?: readonly string[];
}

const told = ({path, message}: Issue): Problem => ({path, expected: message});

/** What is said of fields that a strict schema does not know, in one of the ways to write a value too. Undefined where nothing is. */
function nothingCalled(issue: Issue): Problem | undefined {
	if (issue.code === 'unrecognized_keys')
		return {path: issue.path, expected: `nothing called ${issue.keys.join(', ')}`, unknown: issue.keys};
	if (issue.code !== 'invalid_union') return undefined;
	for (const found of issue.errors.map(([first]) => first && nothingCalled(first)))
		if (found !== undefined) return {...found, path: [...issue.path, ...found.path]};
	return undefined;
}
