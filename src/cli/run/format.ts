import {readFile, stat} from 'node:fs/promises';
import {MofaError} from '../../contract/error.ts';
import type {RequestOf} from '../../contract/task.ts';

type Format = NonNullable<RequestOf<'completion'>['format']>;

const largestSchema = 1_000_000;

/** `json`, or a file with a JSON schema. Throws `invalid-request` saying what is wrong with it. */
export async function readFormat(format: string): Promise<Format> {
	if (format === 'json') return {type: 'json'};
	return {type: 'json-schema', schema: parseSchema(format, await readSchema(format))};
}

async function readSchema(file: string): Promise<string> {
	try {
		if ((await stat(file)).size > largestSchema) throw wrong(`a schema below 1 MB; ${file} is larger`);
		return await readFile(file, 'utf8');
	} catch (error) {
		if (MofaError.is(error)) throw error;
		const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
		const problem = missing ? 'there is no such file' : error instanceof Error ? error.message : String(error);
		throw wrong(`json, or the path of a JSON schema: ${file}: ${problem}`, error);
	}
}

function parseSchema(file: string, text: string): Readonly<Record<string, unknown>> {
	let schema: unknown;
	try {
		schema = JSON.parse(text);
	} catch (error) {
		throw wrong(`a JSON schema in ${file}: ${error instanceof Error ? error.message : String(error)}`, error);
	}
	if (typeof schema !== 'object' || schema === null || Array.isArray(schema))
		throw wrong(`a JSON schema in ${file}: an object such as {"type": "object"}`);
	return schema as Readonly<Record<string, unknown>>;
}

function wrong(expected: string, cause?: unknown): MofaError {
	return new MofaError('invalid-request', {path: '--format', expected}, {cause});
}
