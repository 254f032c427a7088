import {stat} from 'node:fs/promises';
import path from 'node:path';
import {groupFiles, type ListedFile} from '../resolve/group-files.ts';
import type {FoundFile, FoundModel} from './found-model.ts';

/** The GGUF models among files of one folder, each with its parts, and a projector beside them that they share. */
export async function ggufModels(
	folder: string,
	names: readonly string[],
	nameOf: (tag: string, first: string) => string,
	sha256Of: (file: string) => string | null = () => null,
): Promise<readonly FoundModel[]> {
	const sized = await Promise.all(
		names
			.filter(name => /\.gguf$/i.test(name))
			.map(async (file): Promise<ListedFile | null> => {
				const facts = await stat(path.join(folder, file)).catch(() => null);
				return facts?.isFile() ? {file, bytes: facts.size} : null;
			}),
	);
	const files = sized.filter(file => file !== null);
	const found = (role: string, {file, bytes}: ListedFile): FoundFile => ({
		role,
		path: path.join(folder, file),
		bytes,
		sha256: sha256Of(file),
	});
	return groupFiles(files).map(group => ({
		name: nameOf(group.tag, group.files[0]?.file.file ?? ''),
		files: group.files.map(({role, file}) => found(role, file)),
		because: null,
	}));
}
