import {invalid} from '../envelope.ts';
import type {JsonObject} from '../read-json.ts';

/** Pictures of one request, bytes of one of them, and of all. */
const most = 16;
const largest = 32 * 2 ** 20;
const largestTogether = 64 * 2 ** 20;
const patienceMs = 30_000;

/**
 * The request with each picture on the web (`image_url` of a message) as a data URI, as if the client had sent it so. Called
 * only where the user allowed it: whoever may ask then decides what this machine fetches.
 * Throws `invalid-request` naming the field for what cannot be fetched, or is longer than any picture.
 */
export async function fetchPictures(body: JsonObject, signal: AbortSignal): Promise<JsonObject> {
	const {messages} = body;
	if (!Array.isArray(messages)) return body;
	let count = 0;
	let room = largestTogether;
	const take = (bytes: number): void => {
		room -= bytes;
		if (room < 0) throw new Error(`all together they are longer than ${largestTogether} bytes`);
	};
	const over = new AbortController();
	const stop = AbortSignal.any([signal, over.signal]);
	const fetched = async (part: unknown, path: string): Promise<unknown> => {
		const url = addressOf(part);
		if (url === null) return part;
		count += 1;
		if (count > most) throw invalid(path, `at most ${most} pictures from the web in a request`);
		const {image_url: image} = part as {readonly image_url: unknown};
		const given = typeof image === 'object' ? image : {};
		return {
			...(part as object),
			image_url: {...given, url: await dataUri(url, {path: `${path}.image_url`, signal: stop, take})},
		};
	};
	const filled = async (message: unknown, path: string): Promise<unknown> => {
		const content = (message as {readonly content?: unknown} | null)?.content;
		if (!Array.isArray(content)) return message;
		const parts = await Promise.all(content.map((part: unknown, at) => fetched(part, `${path}.content.${at}`)));
		return {...(message as object), content: parts};
	};
	try {
		return {...body, messages: await Promise.all(messages.map((message, at) => filled(message, `messages.${at}`)))};
	} finally {
		// Where one is refused, nobody waits for the others.
		over.abort();
	}
}

interface Fetching {
	readonly path: string;
	readonly signal: AbortSignal;
	/** Told of bytes as they come; throws when there is no room for them. */
	readonly take: (bytes: number) => void;
}

/** Null for a part that is no picture on the web. */
function addressOf(part: unknown): string | null {
	const image = (part as {readonly image_url?: unknown} | null)?.image_url;
	const url: unknown = typeof image === 'string' ? image : (image as {readonly url?: unknown} | null | undefined)?.url;
	return typeof url === 'string' && /^https?:/i.test(url) ? url : null;
}

async function dataUri(url: string, {path, signal, take}: Fetching): Promise<string> {
	try {
		const response = await fetch(url, {signal: AbortSignal.any([signal, AbortSignal.timeout(patienceMs)])});
		if (!response.ok) throw new Error(`it answers ${response.status}`);
		return `data:;base64,${(await bytesOf(response, take)).toString('base64')}`;
	} catch (error) {
		if (signal.aborted) throw error;
		const problem =
			error instanceof Error ? ((error.cause as Error | undefined)?.message ?? error.message) : String(error);
		throw invalid(path, `a picture that can be fetched from ${url.slice(0, 200)}: ${problem.slice(0, 200)}`);
	}
}

/** What it says of its own length is not believed. */
async function bytesOf({body}: Response, take: Fetching['take']): Promise<Buffer> {
	const chunks: Uint8Array[] = [];
	let length = 0;
	for await (const chunk of body ?? []) {
		const bytes = chunk as Uint8Array;
		length += bytes.byteLength;
		take(bytes.byteLength);
		if (length > largest) throw new Error(`it is longer than ${largest} bytes`);
		chunks.push(bytes);
	}
	return Buffer.concat(chunks);
}
