import {bodyBytes} from './body-bytes.ts';
import {invalid, Refusal} from './envelope.ts';
import type {AppContext} from './options.ts';

/** Deeper nesting than any real request has; recursive code further in may rely on it. */
const depthLimit = 128;
/** Objects, lists and fields. */
const partLimit = 250_000;
/** Of all lists: a thousand texts as tokens have as many. */
const itemLimit = 1_000_000;

export type JsonObject = Record<string, unknown>;

/** The request's body as a JSON object. Throws `invalid-request`, or a `Refusal` with 413 or 415. */
export async function readJson(context: AppContext, limit: number): Promise<JsonObject> {
	checkContentType(context);
	const text = await readText(context, limit);
	const value = parse(text);
	if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid('body', 'a JSON object');
	checkShape(value);
	return value as JsonObject;
}

/** What curl sends by itself is let through: a browser that sends it names its origin, and that was judged before. */
function checkContentType(context: AppContext): void {
	const type = (context.req.header('content-type') ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
	const json = type === '' || type === 'application/json' || /^application\/.+\+json$/.test(type);
	const curl = type === 'application/x-www-form-urlencoded' && context.req.header('origin') === undefined;
	if (!json && !curl) throw new Refusal(415, invalid('content-type', 'application/json'));
	const encoding = context.req.header('content-encoding') ?? 'identity';
	if (encoding.toLowerCase() !== 'identity') throw new Refusal(415, invalid('content-encoding', 'none'));
}

async function readText(context: AppContext, limit: number): Promise<string> {
	const length = context.req.header('content-length');
	if (length !== undefined && Number(length) > limit) throw tooLarge(limit);
	// The parser holds a sender to the length it announced; only a chunked body has to be counted.
	if (length !== undefined) return readAll(context);
	const body = bodyBytes(context);
	if (body === null) return '';
	const chunks: Uint8Array[] = [];
	let total = 0;
	for await (const chunk of body) {
		total += chunk.byteLength;
		if (total > limit) throw tooLarge(limit);
		chunks.push(chunk);
	}
	return Buffer.concat(chunks).toString('utf8');
}

async function readAll(context: AppContext): Promise<string> {
	try {
		return await context.req.text();
	} catch (error) {
		throw new Refusal(400, invalid('body', `a whole body (${error instanceof Error ? error.message : 'cut short'})`));
	}
}

function parse(text: string): unknown {
	if (text.trim() === '') throw invalid('body', 'a JSON object, but it is empty');
	try {
		return JSON.parse(text);
	} catch (error) {
		throw invalid('body', `JSON (${error instanceof Error ? error.message : 'malformed'})`);
	}
}

/**
 * Throws `invalid-request` for what has more in it than any real request: whatever reads it further in takes its time over each
 * part. Binary data counts as one thing.
 */
export function checkShape(value: object): void {
	let level: object[] = [value];
	let [parts, items] = [1, 0];
	for (let depth = 1; level.length > 0; depth += 1) {
		if (depth > depthLimit) throw invalid('body', `JSON at most ${depthLimit} levels deep`);
		const next: object[] = [];
		for (const holder of level) {
			const values: readonly unknown[] = Array.isArray(holder) ? holder : Object.values(holder);
			if (values === holder) items += values.length;
			else parts += values.length;
			if (items > itemLimit) throw invalid('body', `lists of at most ${itemLimit} items in all`);
			for (const item of values)
				if (typeof item === 'object' && item !== null && !ArrayBuffer.isView(item)) next.push(item);
		}
		parts += next.length;
		if (parts > partLimit) throw invalid('body', `at most ${partLimit} objects, lists and fields`);
		level = next;
	}
}

/** The rest of the body is not worth reading, so the connection ends with the answer. */
function tooLarge(limit: number): Refusal {
	return new Refusal(413, invalid('body', `at most ${limit} bytes`), {connection: 'close'});
}
