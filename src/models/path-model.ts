import type {Stats} from 'node:fs';
import {open, readdir, realpath, stat} from 'node:fs/promises';
import path from 'node:path';
import {MofaError} from '../contract/error.ts';
import {similar} from '../lib/similar.ts';
import {buildsOf, bytesOf} from './cache/builds-of.ts';
import {manifestOf, type LocalFile} from './cache/describe-build.ts';
import type {Descriptions} from './cache/descriptions.ts';
import {foreignFormat} from './gguf/foreign-format.ts';
import type {LibraryModel} from './library-model.ts';
import {projectorBeside} from './resolve/group-gguf.ts';
import {whyRefused, type FileGroup} from './resolve/group-files.ts';
import {stemOfGraph} from './resolve/group-onnx.ts';

/**
 * A model by the path of its file, or of a folder that holds one. Symbolic links are followed once, so that one file
 * loaded by two names is one engine. Throws `model-not-found` with the neighbours, `model-unsupported` where what is there
 * is known and not one model, `model-invalid` where a file is damaged.
 */
export async function pathModel(asked: string, descriptions: Descriptions): Promise<LibraryModel> {
	const facts = await stat(asked).catch(() => null);
	if (facts === null) throw new MofaError('model-not-found', {model: asked, similar: await neighbours(asked)});
	const real = await realpath(asked);
	return facts.isDirectory() ? folderModel(real, descriptions) : fileModel(real, facts, descriptions);
}

async function fileModel(file: string, {size: bytes, mtime}: Stats, descriptions: Descriptions): Promise<LibraryModel> {
	const format = /\.onnx$/i.test(file) ? 'onnx' : /\.safetensors$/i.test(file) ? 'safetensors' : 'gguf';
	if (format === 'gguf') await refusePickles(file);
	const local = {file: path.basename(file), path: file, bytes};
	const weights = {role: 'weights', file: local};
	const beside = format === 'gguf' ? await ggufBeside(file) : await filesOf(path.dirname(file));
	const sight = format === 'gguf' ? projectorBeside(local.file, beside) : undefined;
	const files = sight === undefined ? [weights] : [weights, {role: 'projector', file: sight}];
	const group = {tag: 'default', format, quantization: null, files};
	return modelOf(file, group, format === 'gguf' ? [] : beside, mtime, descriptions);
}

async function ggufBeside(file: string): Promise<readonly LocalFile[]> {
	const folder = path.dirname(file);
	const names = (await readdir(folder).catch(() => [])).filter(name => /\.gguf$/i.test(name)).slice(0, most);
	const found = await Promise.all(
		names.map(async (name): Promise<LocalFile | null> => {
			const facts = await stat(path.join(folder, name)).catch(() => null);
			return facts?.isFile() ? {file: name, path: path.join(folder, name), bytes: facts.size} : null;
		}),
	);
	return found.filter(known => known !== null);
}

async function folderModel(folder: string, descriptions: Descriptions): Promise<LibraryModel> {
	const files = await filesOf(folder);
	const builds = buildsOf(files);
	const [build] = builds;
	if (build === undefined)
		throw new MofaError('model-unsupported', {model: folder, ...whyRefused(files, path.basename(folder))});
	if (!isOneModel(builds))
		throw new MofaError('model-unsupported', {
			model: folder,
			problem: `it is a folder of ${builds.length} models`,
			hint: `name one of them: ${builds
				.slice(0, 3)
				.map(({files: [first]}) => first?.file.path ?? folder)
				.join(', ')}`,
		});
	// A folder with one GGUF file is that file, by whichever of its two names it is called.
	const [first] = build.files;
	const id = build.format === 'gguf' && first !== undefined ? await realpath(first.file.path) : folder;
	return modelOf(id, build, files, null, descriptions);
}

/** Graphs that differ in their type alone are one model, of which the best build is taken. */
function isOneModel(builds: ReadonlyArray<FileGroup<LocalFile>>): boolean {
	if (builds.length === 1) return true;
	const stems = builds.map(({format, files: [first]}) =>
		format === 'onnx' ? stemOfGraph(first?.file.file ?? '') : null,
	);
	return stems.every(stem => stem !== null && stem === stems[0]);
}

async function modelOf(
	name: string,
	group: FileGroup<LocalFile>,
	beside: readonly LocalFile[],
	modifiedAt: Date | null,
	descriptions: Descriptions,
): Promise<LibraryModel> {
	const read = manifestOf(name, group, await descriptions.describe(group, beside, name));
	return {
		installed: {id: name, ...read},
		source: 'file',
		bytes: bytesOf(group),
		modifiedAt: modifiedAt ?? (await stat(group.files[0]?.file.path ?? name)).mtime,
		origin: null,
		repository: null,
		commit: null,
		revision: null,
		files: group.files.map(({role, file}) => ({role, ...file, hash: null})),
	};
}

/** What a pickle is, is known: it is refused as what it is, and not as a damaged GGUF file. */
async function refusePickles(file: string): Promise<void> {
	const handle = await open(file, 'r').catch(() => null);
	if (handle === null) return;
	try {
		const start = Buffer.alloc(512);
		const {bytesRead} = await handle.read(start, 0, start.length, 0);
		const is = foreignFormat(start.subarray(0, bytesRead));
		if (is !== null && /pickle|safetensors/.test(is))
			throw new MofaError('model-unsupported', {
				model: file,
				problem: `it is ${is}`,
				hint: 'look for the same model in GGUF, ONNX or safetensors',
			});
	} finally {
		await handle.close();
	}
}

const deepest = 2;
/** A folder that holds more is no model's. */
const most = 5000;

async function filesOf(folder: string, inside = '', found: LocalFile[] = []): Promise<readonly LocalFile[]> {
	const entries = await readdir(path.join(folder, inside), {withFileTypes: true}).catch(() => []);
	for (const entry of entries) {
		const file = inside === '' ? entry.name : `${inside}/${entry.name}`;
		if (found.length >= most) break;
		if (entry.isDirectory()) {
			if (inside.split('/').length < deepest) await filesOf(folder, file, found);
		} else {
			const facts = await stat(path.join(folder, file)).catch(() => null);
			if (facts?.isFile()) found.push({file, path: path.join(folder, file), bytes: facts.size});
		}
	}
	return found;
}

async function neighbours(file: string): Promise<readonly string[]> {
	const folder = path.dirname(file);
	const files = (await readdir(folder).catch(() => [])).filter(name => /\.(gguf|onnx|safetensors)$/i.test(name));
	return similar(path.basename(file), files).map(name => path.join(folder, name));
}
