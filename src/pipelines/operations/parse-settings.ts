import type {z} from 'zod';
import {MofaError} from '../../contract/error.ts';
import type {StageSettings} from '../../contract/stage.ts';

/** Throws `invalid-request` naming the setting. */
export function parseSettings<T>(
	schema: z.ZodType<T> & Partial<Pick<z.ZodObject, 'shape'>>,
	settings: StageSettings,
): T {
	const parsed = schema.safeParse(settings);
	if (parsed.success) return parsed.data;
	const issue = parsed.error.issues[0];
	if (issue?.code === 'unrecognized_keys')
		throw new MofaError('invalid-request', {
			path: 'settings',
			expected: `nothing called ${issue.keys.join(', ')}`,
			unknown: {names: issue.keys, known: Object.keys(schema.shape ?? {})},
		});
	throw new MofaError('invalid-request', {
		path: issue?.path.map(String).join('.') || 'settings',
		expected: issue?.message ?? 'something else',
	});
}
