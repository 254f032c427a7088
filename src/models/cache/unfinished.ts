import {stat} from 'node:fs/promises';
import path from 'node:path';
import {journalOf} from '../pull/partial.ts';
import {readJournal} from '../pull/journal.ts';
import {baseName, stemOf} from '../resolve/file-group.ts';
import {quantizationName} from '../quantization-name.ts';
import {partialEnding} from './layout.ts';
import {repositoryOf} from './scan-repository.ts';

/** A download that was not finished, as the list shows it. */
export interface Unfinished {
	/** What to type after `mofa pull` to go on. */
	readonly name: string;
	readonly repository: string;
	readonly format: string;
	readonly quantization: string | null;
	/** On the disk so far, and of the files when they are whole; the same where nothing says how long they will be. */
	readonly presentBytes: number;
	readonly bytes: number;
	readonly modifiedAt: string;
}

/** What Python's tools call a download that is under way. */
export const foreignPartial = '.incomplete';

/** Whether a name in the folder of blobs is the bytes of a download; its journal lies beside it. */
export const isUnfinished = (name: string): boolean => name.endsWith(partialEnding) || name.endsWith(foreignPartial);

/** What the downloads in a repository are of. Small files that belong to every build are passed over. */
export async function unfinishedOf(
	cache: string,
	folder: string,
	names: readonly string[],
): Promise<readonly Unfinished[]> {
	const found = await Promise.all(names.map(name => unfinishedBlob(cache, folder, name)));
	const byName = new Map<string, Unfinished>();
	for (const one of found) {
		if (one === null) continue;
		const before = byName.get(one.name);
		byName.set(one.name, before === undefined ? one : joined(before, one));
	}
	return [...byName.values()];
}

async function unfinishedBlob(cache: string, folder: string, name: string): Promise<Unfinished | null> {
	const blob = path.join(cache, folder, 'blobs', name);
	const repository = repositoryOf(folder);
	const facts = await stat(blob).catch(() => null);
	if (facts === null) return null;
	const modifiedAt = facts.mtime.toISOString();
	if (name.endsWith(foreignPartial)) {
		const bytes = facts.size;
		return {
			name: repository,
			repository,
			format: 'unknown',
			quantization: null,
			presentBytes: bytes,
			bytes,
			modifiedAt,
		};
	}
	const journal = await readJournal(journalOf(blob));
	const format = /\.(gguf|onnx|safetensors)$/i.exec(journal?.facts.file ?? '')?.[1]?.toLowerCase();
	if (journal === null || format === undefined) return null;
	const {file, totalBytes} = journal.facts;
	const quantization = format === 'gguf' ? (quantizationName(baseName(file)) ?? quantizationName(file)) : null;
	const tag = format === 'gguf' ? (quantization ?? stemOf(file)) : null;
	return {
		name: tag === null ? repository : `${repository}:${tag}`,
		repository,
		format,
		quantization,
		presentBytes: journal.parts.reduce((sum, {written}) => sum + written, 0),
		bytes: totalBytes,
		modifiedAt,
	};
}

const joined = (a: Unfinished, b: Unfinished): Unfinished => ({
	name: a.name,
	repository: a.repository,
	format: a.format,
	quantization: a.quantization,
	presentBytes: a.presentBytes + b.presentBytes,
	bytes: a.bytes + b.bytes,
	modifiedAt: a.modifiedAt > b.modifiedAt ? a.modifiedAt : b.modifiedAt,
});
