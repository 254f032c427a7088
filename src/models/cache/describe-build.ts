import {open} from 'node:fs/promises';
import path from 'node:path';
import type {ModelManifest, Variant, Voice} from '../../contract/manifest.ts';
import type {Medium} from '../../contract/media.ts';
import {readOnnxMetadata} from '../../lib/onnx-metadata.ts';
import {describeGguf} from '../gguf/describe.ts';
import {readGgufHeader} from '../gguf/read-header.ts';
import {describeConfig} from '../resolve/describe-config.ts';
import {familyOfFacts, familyOfFolder, familyOfGraph, hasTokens, metaFileOf} from '../resolve/describe-graph.ts';
import type {FileGroup} from '../resolve/group-files.ts';
import {voicesByFile, voicesOfKitten, voicesOfPiper, voicesOfSupertone} from './describe-voices.ts';

/** A file that a build is made of, on this disk. */
export interface LocalFile {
	/** Relative to the folder of the model. */
	readonly file: string;
	readonly path: string;
	readonly bytes: number;
}

/** What the files of a build say of the model, in the words of a manifest. */
export interface BuildDescription {
	readonly family: string;
	readonly tasks: readonly string[];
	/** Media that it takes beside text; absent: none. */
	readonly accepts?: readonly string[];
	readonly quantization: string | null;
	readonly parameters: number | null;
	readonly contextLength: number | null;
	readonly license: string | null;
	readonly description: string | null;
	/** Of a model that speaks, where its files tell. */
	readonly voices?: readonly Voice[];
	/** For the adapter: scalars of the header; what the file says that is named after a graph, as `meta`. */
	readonly options: Readonly<Record<string, unknown>>;
}

/** Bytes; a configuration that is longer is none. */
const largestText = 4 * 2 ** 20;
/** Bytes of a file that goes into the manifest as it is. */
const largestMeta = 2 ** 18;

/**
 * Reads the header of a GGUF file, or the configuration beside other weights.
 * Throws `model-invalid` where the file is not what it claims to be, `file-error` where it cannot be read.
 */
export async function describeBuild<F extends LocalFile>(
	group: FileGroup<F>,
	beside: readonly LocalFile[],
	name: string,
): Promise<BuildDescription> {
	const [first] = group.files;
	if (group.format === 'gguf' && first !== undefined) {
		const facts = describeGguf(await readGgufHeader(first.file.path), name);
		const sees = facts.tasks.includes('chat') && (await hasSight(group));
		return {
			...facts,
			...(sees ? {accepts: ['image']} : {}),
			quantization: facts.quantization ?? group.quantization,
		};
	}
	const json = async (file: string, largest = largestText): Promise<unknown> => {
		const found = beside.find(known => known.file === file);
		return found === undefined ? null : parsed(await readText(found.path, largest));
	};
	const graph = first?.file.file ?? '';
	const metaFile = group.format === 'onnx' ? metaFileOf(graph, beside) : undefined;
	const [config, modelIndex, voice, meta, tts] = await Promise.all([
		json('config.json'),
		json('model_index.json'),
		json(`${graph}.json`),
		metaFile === undefined ? null : json(metaFile.file, largestMeta),
		json('onnx/tts.json', largestMeta),
	]);
	const names = beside.map(({file}) => file);
	const facts = describeConfig({
		pipelineTag: pipelineHint(beside, voice),
		config: config ?? {
			model_type:
				group.format === 'onnx'
					? (familyOfGraph(graph, name, metaFile) ??
						(await familyInGraph(group, beside)) ??
						familyOfFolder(name, beside))
					: null,
		},
		modelIndex,
		files: names,
	});
	const voices = isPiper(voice)
		? voicesOfPiper(voice, path.basename(first?.file.file ?? name, '.onnx'))
		: [...voicesOfKitten(config), ...voicesOfSupertone(tts, names), ...voicesByFile(names)];
	return {
		family: facts.family === 'unknown' && isPiper(voice) ? 'piper' : facts.family,
		tasks: facts.tasks,
		...(facts.accepts.length > 0 ? {accepts: facts.accepts} : {}),
		...(facts.tasks.includes('speech') && voices.length > 0 ? {voices} : {}),
		quantization: group.quantization,
		parameters: null,
		contextLength: facts.contextLength,
		license: null,
		description: null,
		options: meta === null ? {} : {meta},
	};
}

/** What the graph says of itself, where such graphs are known to; null where it does not, or cannot be read. */
async function familyInGraph<F extends LocalFile>(
	{files}: FileGroup<F>,
	beside: readonly LocalFile[],
): Promise<string | null> {
	const first = files.find(({role}) => role.startsWith('weights-encoder')) ?? files[0];
	if (first === undefined || !hasTokens(beside)) return null;
	const facts = await readOnnxMetadata(first.file.path).catch(() => null);
	return facts === null
		? null
		: familyOfFacts(
				facts,
				files.map(({role}) => role),
			);
}

/** A projector may be for sound alone, which nothing here listens with. */
async function hasSight<F extends LocalFile>({files}: FileGroup<F>): Promise<boolean> {
	const projector = files.find(({role}) => role === 'projector');
	if (projector === undefined) return false;
	const {metadata} = await readGgufHeader(projector.file.path);
	const sees = metadata.get('clip.has_vision_encoder');
	return sees === true || (sees === undefined && metadata.get('clip.has_audio_encoder') !== true);
}

/** The manifest of one build on this disk, and where its files are. */
export function manifestOf<F extends LocalFile>(
	name: string,
	group: FileGroup<F>,
	facts: BuildDescription,
): {manifest: ModelManifest; variant: Variant; paths: Readonly<Record<string, string>>} {
	const variant: Variant = {
		tag: facts.quantization ?? group.tag,
		format: group.format,
		...(facts.quantization === null ? {} : {quantization: facts.quantization}),
		files: group.files.map(({role, file}) => ({role, url: `file://${file.path}`, bytes: file.bytes})),
		options: facts.options,
	};
	const manifest: ModelManifest = {
		schema: 1,
		name,
		family: facts.family,
		tasks: facts.tasks,
		...(facts.accepts === undefined ? {} : {accepts: facts.accepts.filter(isMedium)}),
		license: facts.license ?? 'unknown',
		...(facts.parameters === null ? {} : {parameters: facts.parameters}),
		...(facts.contextLength === null ? {} : {contextLength: facts.contextLength}),
		...(facts.description === null ? {} : {description: facts.description}),
		...(facts.voices === undefined ? {} : {voices: facts.voices}),
		variants: [variant],
	};
	return {manifest, variant, paths: Object.fromEntries(group.files.map(({role, file}) => [role, file.path]))};
}

const isMedium = (name: string): name is Medium => name === 'text' || name === 'image' || name === 'audio';

/** `license:` of the model card beside the weights; null where it says none. */
export async function cardLicense(beside: readonly LocalFile[]): Promise<string | null> {
	const card = beside.find(({file}) => file === 'README.md');
	const text = card === undefined ? null : await readText(card.path, largestText);
	const front = /^---\r?\n([\s\S]{0,20000}?)\r?\n---/.exec(text ?? '')?.[1] ?? '';
	const license = /^license_name:\s*(\S.*)$/m.exec(front)?.[1] ?? /^license:\s*(\S.*)$/m.exec(front)?.[1];
	return (
		license
			?.trim()
			.replaceAll(/^["']|["']$/g, '')
			.slice(0, 100) ?? null
	);
}

/** What only the names of the files tell: the Hub's own word for the task is not in the cache. */
function pipelineHint(beside: readonly LocalFile[], voice: unknown): string | null {
	if (isPiper(voice)) return 'text-to-speech';
	if (isPainter(beside.map(({file}) => file))) return 'text-to-image';
	// sentence-transformers writes it beside every model that makes vectors.
	return beside.some(({file}) => file === 'modules.json') ? 'sentence-similarity' : null;
}

/** Parts of diffusers that somebody laid together without the file that names them. */
const isPainter = (files: readonly string[]): boolean =>
	[
		/(^|\/)(unet|transformer)(_model\w*)?(\/model\w*)?\.onnx$/,
		/(^|\/)vae_decoder(_model\w*)?(\/model\w*)?\.onnx$/,
	].every(part => files.some(file => part.test(file)));

const isPiper = (voice: unknown): voice is Readonly<Record<string, unknown>> =>
	typeof voice === 'object' && voice !== null && 'espeak' in voice;

/** The file as text, null where it is absent or longer than the limit. */
async function readText(file: string, limit: number): Promise<string | null> {
	const handle = await open(path.resolve(file), 'r').catch(() => null);
	if (handle === null) return null;
	try {
		return (await handle.stat()).size > limit ? null : await handle.readFile('utf8');
	} catch {
		return null;
	} finally {
		await handle.close();
	}
}

function parsed(text: string | null): unknown {
	try {
		return text === null ? null : (JSON.parse(text) as unknown);
	} catch {
		return null;
	}
}
