import {open, type FileHandle} from 'node:fs/promises';
import {MofaError} from '../../contract/error.ts';
import {ByteReader, Overrun} from './byte-reader.ts';
import type {ByteSource} from './byte-source.ts';
import {checkHeader} from './check-header.ts';
import {foreignFormat} from './foreign-format.ts';
import {readMetadata, type MetadataValue} from './metadata.ts';
import {Refused} from './refused.ts';
import {readTensors, type TensorSummary} from './tensors.ts';

/** What stands before the weights. Arrays of the metadata are known by type and length only. */
export interface GgufHeader extends TensorSummary {
	readonly version: number;
	readonly metadata: ReadonlyMap<string, MetadataValue>;
	/** Of the first tensor's bytes, in the file. */
	readonly dataOffset: number;
	readonly fileBytes: number;
}

/** No header is longer: a vocabulary of a million tokens takes some 50 MB. */
const largestHeader = 256 * 2 ** 20;
const magic = 'GGUF';

/**
 * Reads and checks the header of a GGUF file, before native code sees the file: some damaged headers end the process
 * that opens them. Reads the header's bytes only, in bounded memory, whatever the file says of itself.
 * Throws `model-invalid` with the problem in words, `file-error` when the file cannot be read.
 */
export async function readGgufHeader(path: string): Promise<GgufHeader> {
	const handle = await openFile(path);
	try {
		return await readGgufHeaderFrom(handle, (await handle.stat()).size, path);
	} catch (error) {
		if (MofaError.is(error)) throw error;
		throw new MofaError(
			'file-error',
			{path, problem: error instanceof Error ? error.message : String(error)},
			{cause: error},
		);
	} finally {
		await handle.close();
	}
}

/** The same, of bytes that lie elsewhere; what reading them throws is passed on. `name` is for the error only. */
export async function readGgufHeaderFrom(source: ByteSource, fileBytes: number, name: string): Promise<GgufHeader> {
	try {
		return await readHeader(source, fileBytes);
	} catch (error) {
		if (error instanceof Refused) throw new MofaError('model-invalid', {model: name, problem: error.message});
		if (error instanceof Overrun)
			throw new MofaError('model-invalid', {
				model: name,
				problem: 'it ends in the middle of its header: the download was cut short',
			});
		throw error;
	}
}

async function readHeader(source: ByteSource, fileBytes: number): Promise<GgufHeader> {
	await checkMagic(source, fileBytes);
	const reader = new ByteReader(source, Math.min(fileBytes, largestHeader));
	await reader.skip(magic.length);
	const version = await reader.u32();
	if (version < 2 || version > 3)
		throw new Refused(
			version === 1
				? 'it is a GGUF file of version 1, which llama.cpp no longer reads: convert it again'
				: `its GGUF version is ${version}, and 2 and 3 are the ones there are`,
		);
	const tensorCount = await reader.u64();
	const metadata = await readMetadata(reader, await reader.u64());
	const tensors = await readTensors(reader, tensorCount, alignmentOf(metadata), fileBytes);
	const header = {...tensors, version, metadata, fileBytes};
	checkHeader(header);
	return header;
}

async function checkMagic(source: ByteSource, fileBytes: number): Promise<void> {
	if (fileBytes === 0) throw new Refused('it is empty');
	const start = Buffer.alloc(512);
	const {bytesRead} = await source.read(start, 0, start.length, 0);
	const text = start.subarray(0, bytesRead);
	if (text.toString('latin1', 0, magic.length) === magic) return;
	const is = foreignFormat(text);
	throw new Refused(is === null ? 'it is no GGUF file' : `it is ${is}`);
}

function alignmentOf(metadata: ReadonlyMap<string, MetadataValue>): number {
	const alignment = metadata.get('general.alignment') ?? 32;
	if (typeof alignment !== 'number' || alignment <= 0 || alignment > 2 ** 20 || (alignment & (alignment - 1)) !== 0)
		throw new Refused(`its alignment is ${JSON.stringify(alignment)}, which is no power of two`);
	return alignment;
}

async function openFile(path: string): Promise<FileHandle> {
	try {
		return await open(path, 'r');
	} catch (error) {
		throw new MofaError(
			'file-error',
			{path, problem: error instanceof Error ? error.message : String(error)},
			{cause: error},
		);
	}
}
