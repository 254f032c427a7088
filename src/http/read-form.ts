import {multipartBoundary, readMultipart} from '../lib/multipart.ts';
import {spool, type Spool} from '../lib/spool.ts';
import {bodyBytes} from './body-bytes.ts';
import {invalid, Refusal} from './envelope.ts';
import type {AppContext} from './options.ts';

/** A form with one file in it. */
export interface Form extends AsyncDisposable {
	/** In the order they came; a name may come several times. */
	readonly fields: ReadonlyMap<string, readonly string[]>;
	readonly file: Spool | null;
}

/** A form with files in it. */
export interface FilesForm extends AsyncDisposable {
	readonly fields: ReadonlyMap<string, readonly string[]>;
	/** By the name of their field, in the order they came. */
	readonly files: ReadonlyMap<string, readonly Spool[]>;
}

const longestField = 1024 ** 2;
/** They are kept in memory, unlike files. */
const longestFields = 4 * longestField;

/**
 * The fields of a form, and the file that stands in it under `fileField`; programs send it before the fields as often as
 * after. The file is put aside as it comes, so a long one costs no memory. `limit` is in bytes and for the whole.
 * Throws `invalid-request`, or a `Refusal` with 413 or 415.
 */
export async function readForm(context: AppContext, fileField: string, limit: number): Promise<Form> {
	const {fields, files, ...form} = await readFilesForm(context, [fileField], limit);
	return {...form, fields, file: files.get(fileField)?.[0] ?? null};
}

/** The same for files under several names, each of which may come `mostFiles` times; those beyond are passed over. */
export async function readFilesForm(
	context: AppContext,
	fileFields: readonly string[],
	limit: number,
): Promise<FilesForm> {
	const boundary = multipartBoundary(context.req.header('content-type') ?? '');
	if (boundary === undefined) throw new Refusal(415, invalid('content-type', 'multipart/form-data'), closing);
	if (Number(context.req.header('content-length') ?? 0) > limit) throw tooLarge(limit);
	const body = bodyBytes(context);
	if (body === null) throw invalid('body', 'a form, but it is empty');
	const fields = new Map<string, string[]>();
	const files = new Map<string, Spool[]>();
	let room = longestFields;
	const dispose = async (): Promise<void> => {
		for (const file of [...files.values()].flat()) await file[Symbol.asyncDispose]();
	};
	try {
		const parts = readMultipart(counted(body, limit), boundary, {invalid: malformed});
		for await (const {name, fileName, bytes} of parts) {
			const earlier = files.get(name) ?? [];
			if (fileFields.includes(name) && earlier.length < mostFiles) files.set(name, [...earlier, await spool(bytes)]);
			else if (fileName === null) {
				const text = await fieldText(name, bytes);
				room -= text.length;
				if (room < 0) throw invalid('body', `fields of at most ${longestFields} characters together`);
				fields.set(name, [...(fields.get(name) ?? []), text]);
			}
		}
	} catch (error) {
		await dispose();
		throw error;
	}
	return {fields, files, [Symbol.asyncDispose]: dispose};
}

/** Of one name. */
const mostFiles = 16;

async function* counted(bytes: AsyncIterable<Uint8Array>, limit: number): AsyncGenerator<Uint8Array> {
	let total = 0;
	for await (const piece of bytes) {
		total += piece.length;
		if (total > limit) throw tooLarge(limit);
		yield piece;
	}
}

async function fieldText(name: string, bytes: AsyncIterable<Uint8Array>): Promise<string> {
	const pieces: Uint8Array[] = [];
	let length = 0;
	for await (const piece of bytes) {
		length += piece.length;
		if (length > longestField) throw invalid(name.slice(0, 200), `at most ${longestField} bytes`);
		pieces.push(Uint8Array.from(piece));
	}
	return Buffer.concat(pieces).toString('utf8');
}

/** The rest of the body is not worth reading, so the connection ends with the answer. */
const closing = {connection: 'close'} as const;

function malformed(problem: string): Refusal {
	return new Refusal(400, invalid('body', `a whole form (${problem})`), closing);
}

function tooLarge(limit: number): Refusal {
	return new Refusal(413, invalid('body', `at most ${limit} bytes`), closing);
}
