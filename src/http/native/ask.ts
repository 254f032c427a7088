import * as z from 'zod';
import type {LoadSettings} from '../../contract/adapter.ts';
import {invalid} from '../envelope.ts';
import {boundedKeepAlive} from '../keep-alive.ts';
import type {JsonObject} from '../read-json.ts';
import {modelName} from '../model-name.ts';

/** What every native body that names a model may say. */
export const askFields: {
	readonly model: z.ZodString;
	/** Milliseconds; null is forever, which JSON has no number for. */
	readonly keepAlive: z.ZodOptional<z.ZodNullable<z.ZodNumber>>;
	readonly settings: z.ZodOptional<z.ZodRecord<z.ZodString, z.ZodUnknown>>;
} = {
	model: modelName,
	keepAlive: z.number().min(0).nullable().optional(),
	settings: z.record(z.string(), z.unknown()).optional(),
};

export interface ParsedAsk {
	readonly model: string;
	readonly keepAlive?: number;
	readonly settings?: LoadSettings;
}

export function askOf(body: {
	readonly model: string;
	readonly keepAlive?: number | null | undefined;
	readonly settings?: LoadSettings | undefined;
}): ParsedAsk {
	return {
		model: body.model,
		...(body.keepAlive === undefined ? {} : {keepAlive: boundedKeepAlive(body.keepAlive ?? Infinity)}),
		...(body.settings === undefined ? {} : {settings: body.settings}),
	};
}

export function parseBody<T>(schema: z.ZodType<T>, body: JsonObject): T {
	const parsed = schema.safeParse(body);
	if (parsed.success) return parsed.data;
	const issue = parsed.error.issues[0];
	const unknown = issue?.code === 'unrecognized_keys' ? issue.keys[0] : undefined;
	if (unknown !== undefined) throw invalid(unknown, 'nothing: there is no such field');
	throw invalid(issue?.path.map(String).join('.') || 'body', issue?.message ?? 'something else');
}
