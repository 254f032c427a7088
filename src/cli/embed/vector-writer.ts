import {constants} from 'node:fs';
import {access, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {npyHeader} from '../../lib/npy.ts';
import {MofaError} from '../../contract/error.ts';
import type {Output} from '../terminal.ts';
import type {Embedded} from './embed.ts';
import type {VectorFormat} from './options.ts';
import type {NamedText} from './texts.ts';

/** Puts vectors down in one of the formats. */
export interface VectorWriter {
	vector(vector: Float32Array, index: number): Promise<void>;
	end(embedded: Embedded): Promise<void>;
}

/** Writes to `write`, as it comes where the format allows it. JSON is one document on one line: vectors are long. */
export function vectorWriter(
	format: VectorFormat,
	{
		model,
		texts,
		write,
	}: {
		readonly model: string;
		readonly texts: readonly NamedText[];
		readonly write: (content: string | Uint8Array) => Promise<void>;
	},
): VectorWriter {
	if (format === 'ndjson')
		return {
			vector: (vector, index) => write(`${JSON.stringify({input: texts[index]?.input, vector: short(vector)})}\n`),
			end: async () => undefined,
		};
	const vectors: Float32Array[] = [];
	return {
		async vector(vector) {
			vectors.push(vector);
		},
		async end({tokens, computeMs}) {
			const dimensions = vectors[0]?.length ?? 0;
			if (format === 'npy') {
				await write(npyHeader(vectors.length, dimensions));
				for (const {buffer, byteOffset, byteLength} of vectors)
					await write(new Uint8Array(buffer, byteOffset, byteLength));
				return;
			}
			const embeddings = vectors.map((vector, index) => ({input: texts[index]?.input, vector: short(vector)}));
			await write(`${JSON.stringify({model, dimensions, tokens, computeMs, embeddings})}\n`);
		},
	};
}

/** As few digits as give the same 32-bit number again. */
const short = (vector: Float32Array): readonly number[] => Array.from(vector, value => Number(value.toPrecision(9)));

/** Asked before anything is computed, which may take long. Throws `file-error`. */
export async function mustTakeFiles(output: string | null): Promise<void> {
	if (output === null) return;
	const folder = path.dirname(output);
	await guarded(folder, () => access(folder, constants.W_OK));
}

/** To a file when all is there, so that a failure leaves none; or to an output as it comes. */
export function contentSink(
	output: string | null,
	stdout: Output,
): {readonly write: (content: string | Uint8Array) => Promise<void>; readonly close: () => Promise<void>} {
	if (output === null) return {write: content => stdout.write(content), close: async () => undefined};
	const parts: Uint8Array[] = [];
	return {
		async write(content) {
			parts.push(typeof content === 'string' ? Buffer.from(content) : content);
		},
		close: () => guarded(output, () => writeFile(output, Buffer.concat(parts))),
	};
}

async function guarded(file: string, work: () => Promise<void>): Promise<void> {
	try {
		await work();
	} catch (error) {
		const problem = error instanceof Error ? error.message : String(error);
		throw new MofaError('file-error', {path: file, problem}, {cause: error});
	}
}
