import path from 'node:path';
import {MofaError} from '../../contract/error.ts';
import {manifestOf} from '../cache/describe-build.ts';
import type {Descriptions} from '../cache/descriptions.ts';
import type {LibraryFile, LibraryModel} from '../library-model.ts';
import {adoptedBytes, presentBytes, type AdoptedModel} from './adopted.ts';

/** Throws `file-error` where its own tool has deleted or changed it. */
export async function openAdopted(
	folder: string,
	model: AdoptedModel,
	descriptions: Descriptions,
): Promise<LibraryModel> {
	const {name, tool, files} = model;
	if ((await presentBytes(folder, model)) !== adoptedBytes(model))
		throw new MofaError('file-error', {
			path: files[0]?.target ?? name,
			problem: `${tool} has deleted or changed it; adopt its models again, or remove ${name}`,
		});
	const local = files.map(({role, link, target, bytes, sha256}): {role: string; file: LibraryFile} => ({
		role,
		file: {role, file: path.basename(target), path: path.join(folder, link), bytes, hash: sha256},
	}));
	const group = {tag: name.slice(name.lastIndexOf(':') + 1), format: model.format, quantization: null, files: local};
	return {
		installed: {id: name, ...manifestOf(name, group, await descriptions.describe(group, [], name))},
		source: 'adopted',
		bytes: adoptedBytes(model),
		modifiedAt: new Date(model.modifiedAt),
		origin: tool,
		repository: null,
		commit: null,
		revision: null,
		files: local.map(({file}) => file),
	};
}
