import {link, lstat, mkdir, readlink, realpath, rm, stat, symlink} from 'node:fs/promises';
import path from 'node:path';
import {MofaError} from '../../contract/error.ts';
import type {AdoptReport} from '../../contract/store.ts';
import {shortHash} from '../../lib/short-hash.ts';
import {describeBuild, type BuildDescription} from '../cache/describe-build.ts';
import {readToolRecord, writeToolRecord, type AdoptedFile, type AdoptedModel} from './adopted.ts';
import {namePart, type FoundModel, type Tool, type ToolSources} from './found-model.ts';
import {llamaCpp} from './llama-cpp.ts';
import {lmstudio, lmstudioHome} from './lmstudio.ts';
import {ollama} from './ollama.ts';

const tools: readonly Tool[] = [ollama, lmstudio, llamaCpp];

export interface AdoptOptions {
	/** Null: every tool that is found. */
	readonly tool: string | null;
	/** Where the tool keeps its models; null: where it does by itself. */
	readonly folder: string | null;
	/** Folder of mofa's for the links and the records. */
	readonly adopted: string;
	readonly sources: ToolSources;
}

/**
 * Makes the models of other tools usable here: a link to each of their files, and a record of what it is. Nothing is
 * copied, and nothing of theirs is changed. Throws `invalid-request` for a tool that nobody knows, `file-error` where the
 * tool's folder is not there.
 */
export async function adopt(options: AdoptOptions): Promise<readonly AdoptReport[]> {
	const {tool: wanted, folder, adopted} = options;
	const chosen = wanted === null ? tools : tools.filter(({name}) => name === wanted.toLowerCase());
	if (chosen.length === 0 || (wanted === null && folder !== null))
		throw new MofaError('invalid-request', {path: 'tool', expected: tools.map(({name}) => name).join(', ')});
	const reports: AdoptReport[] = [];
	for (const tool of chosen) {
		const folders = folder === null ? await foldersOf(tool, options.sources) : [folder];
		const present = await firstFolder(folders);
		if (present !== null) reports.push(await adoptFrom(tool, present, adopted));
		else if (wanted !== null)
			throw new MofaError('file-error', {
				path: folders[0] ?? tool.name,
				problem: `there is no folder with the models of ${tool.name}; --from names it`,
			});
	}
	return reports;
}

async function adoptFrom(tool: Tool, folder: string, adopted: string): Promise<AdoptReport> {
	const known = new Map((await readToolRecord(adopted, tool.name)).map(model => [model.name, model]));
	const models: Array<AdoptReport['models'][number]> = [];
	for (const found of await tool.find(folder)) {
		const bytes = found.files.reduce((sum, file) => sum + file.bytes, 0);
		const line = {name: found.name, path: found.files[0]?.path ?? folder, bytes};
		try {
			if (found.because !== null) models.push({...line, state: 'refused', because: found.because});
			else if (await isIntact(adopted, known.get(found.name), found))
				models.push({...line, state: 'known', because: null});
			else {
				known.set(found.name, await adoptOne(tool, found, adopted));
				models.push({...line, state: 'linked', because: null});
			}
		} catch (error) {
			models.push({...line, state: 'refused', because: reasonOf(error)});
		}
	}
	await writeToolRecord(adopted, tool.name, [...known.values()]);
	return {tool: tool.name, folder, models};
}

async function adoptOne(tool: Tool, {name, files}: FoundModel, adopted: string): Promise<AdoptedModel> {
	const local = files.map(({role, path: at, bytes}) => ({role, file: {file: path.basename(at), path: at, bytes}}));
	const facts = await describeBuild({tag: '', format: 'gguf', quantization: null, files: local}, [], name);
	const own = path.join(tool.name, `${namePart(name.replace(/^[^/]*\//, ''))}-${shortHash(name)}`);
	const links: AdoptedFile[] = [];
	for (const {role, path: target, bytes, sha256} of files) {
		const at = path.join(own, linkName(target, role));
		await makeLink(target, path.join(adopted, at));
		links.push({role, link: at, target, bytes, sha256});
	}
	const {mtime} = await stat(files[0]?.path ?? adopted);
	return {name, tool: tool.name, format: 'gguf', ...summary(facts), modifiedAt: mtime.toISOString(), files: links};
}

/** llama.cpp finds the other parts of a model by the name of the first; a blob without an ending gets one. */
const linkName = (target: string, role: string): string =>
	/\.gguf$/i.test(target) ? path.basename(target) : `${role}.gguf`;

/** A symbolic link; where a system has none for this user, a hard link; never a copy. */
async function makeLink(target: string, at: string): Promise<void> {
	await mkdir(path.dirname(at), {recursive: true, mode: 0o700});
	await rm(at, {force: true});
	const real = await realpath(target);
	try {
		await symlink(real, at);
	} catch {
		try {
			await link(real, at);
		} catch (error) {
			const problem = error instanceof Error ? error.message : String(error);
			throw new MofaError('file-error', {path: at, problem: `neither link could be made: ${problem}`}, {cause: error});
		}
	}
}

/** Adopted before, of the same files, and the links are still there. */
async function isIntact(adopted: string, known: AdoptedModel | undefined, found: FoundModel): Promise<boolean> {
	if (known?.files.length !== found.files.length) return false;
	for (const [at, file] of known.files.entries()) {
		const now = found.files[at];
		if (now === undefined || now.path !== file.target || now.bytes !== file.bytes) return false;
		const place = path.join(adopted, file.link);
		const facts = await lstat(place).catch(() => null);
		if (facts === null) return false;
		if (facts.isSymbolicLink() && (await readlink(place)) !== (await realpath(now.path))) return false;
	}
	return true;
}

async function foldersOf(tool: Tool, sources: ToolSources): Promise<readonly string[]> {
	const moved = tool === lmstudio ? await lmstudioHome(sources.home) : null;
	return [...(moved === null ? [] : [moved]), ...tool.folders(sources)];
}

async function firstFolder(folders: readonly string[]): Promise<string | null> {
	for (const folder of folders) if ((await stat(folder).catch(() => null))?.isDirectory()) return folder;
	return null;
}

function summary({
	quantization,
	family,
	tasks,
	parameters,
	contextLength,
}: BuildDescription): Pick<AdoptedModel, 'quantization' | 'family' | 'tasks' | 'parameters' | 'contextLength'> {
	return {quantization, family, tasks, parameters, contextLength};
}

function reasonOf(error: unknown): string {
	if (MofaError.is(error, 'model-invalid') || MofaError.is(error, 'file-error')) return error.data.problem;
	return error instanceof Error ? error.message : String(error);
}
