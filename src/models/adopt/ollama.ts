import {open, stat} from 'node:fs/promises';
import path from 'node:path';
import {filesBelow, namePart, type FoundFile, type FoundModel, type Tool} from './found-model.ts';

/**
 * `manifests/<registry>/<namespace…>/<model>/<tag>` is JSON that lists layers by digest, and `blobs/sha256-<digest>` are
 * their bytes: weights, projector, template, parameters. Older versions wrote `sha256:` in the names of blobs.
 * Source: ollama, `manifest/paths.go`, `server/images.go`.
 */
export const ollama: Tool = {
	name: 'ollama',
	folders: ({env, platform, home}) => [
		...(env['OLLAMA_MODELS'] ? [env['OLLAMA_MODELS']] : []),
		path.join(home, '.ollama', 'models'),
		// Where the service of the Linux installer keeps them.
		...(platform === 'linux' ? ['/usr/share/ollama/.ollama/models', '/var/lib/ollama/.ollama/models'] : []),
	],
	async find(folder) {
		const manifests = path.join(folder, 'manifests');
		const files = await filesBelow(manifests, 6);
		const models = await Promise.all(files.map(file => modelOf(folder, file)));
		return models.filter(model => model !== null);
	},
};

interface Layer {
	readonly mediaType: string;
	readonly digest: string;
	readonly size: number;
}

/** Bytes; manifests have some hundred. */
const largestManifest = 2 ** 20;
const mediaType = 'application/vnd.ollama.image.';
const roles: Readonly<Record<string, string>> = {model: 'weights', projector: 'projector'};

async function modelOf(folder: string, file: string): Promise<FoundModel | null> {
	const layers = layersOf(await readShort(path.join(folder, 'manifests', ...file.split('/'))));
	if (layers === null) return null;
	const name = nameOf(file);
	const kinds = new Set(layers.map(({mediaType: type}) => type.slice(mediaType.length)));
	const because = kinds.has('adapter')
		? 'it is a LoRA adapter over another model, which mofa does not join'
		: kinds.has('model')
			? null
			: kinds.has('tensor')
				? 'its weights are not in GGUF'
				: 'it has no weights on this machine';
	const wanted = layers.filter(({mediaType: type}) => roles[type.slice(mediaType.length)] !== undefined);
	const files = await Promise.all(wanted.map((layer, at) => fileOf(folder, layer, wanted, at)));
	const missing = files.some(found => found === null);
	return {
		name,
		files: files.filter(found => found !== null),
		because: because ?? (missing ? 'a file of it is missing, or shorter than its manifest says' : null),
	};
}

async function fileOf(
	folder: string,
	{digest, size, mediaType: type}: Layer,
	all: readonly Layer[],
	at: number,
): Promise<FoundFile | null> {
	const role = roles[type.slice(mediaType.length)] ?? 'weights';
	const earlier = all.slice(0, at).filter(layer => layer.mediaType === type).length;
	const sha256 = digest.slice('sha256:'.length);
	for (const name of [`sha256-${sha256}`, `sha256:${sha256}`]) {
		const blob = path.join(folder, 'blobs', name);
		const facts = await stat(blob).catch(() => null);
		if (facts?.isFile() && facts.size === size)
			return {role: earlier === 0 ? role : `${role}-${earlier + 1}`, path: blob, bytes: size, sha256};
	}
	return null;
}

/** `registry.ollama.ai/library/llama3.2/3b` → `ollama/llama3.2:3b`; what is of someone keeps their name. */
function nameOf(file: string): string {
	const parts = file.split('/');
	const tag = parts.pop() ?? 'latest';
	const own = parts[0] === 'registry.ollama.ai' && parts[1] === 'library' ? parts.slice(2) : parts.slice(1);
	return `ollama/${namePart(own.join('-'))}:${namePart(tag)}`;
}

/** Null where the file is no manifest. */
function layersOf(text: string | null): readonly Layer[] | null {
	try {
		const value = JSON.parse(text ?? '') as {layers?: unknown};
		return Array.isArray(value.layers) ? value.layers.slice(0, 1000).filter(isLayer) : null;
	} catch {
		return null;
	}
}

/** A digest becomes the name of a file: it must be one. */
function isLayer(value: unknown): value is Layer {
	if (typeof value !== 'object' || value === null) return false;
	const {mediaType: type, digest, size} = value as Partial<Record<keyof Layer, unknown>>;
	if (typeof type !== 'string' || !type.startsWith(mediaType)) return false;
	return typeof digest === 'string' && /^sha256:[0-9a-f]{64}$/.test(digest) && Number.isSafeInteger(size);
}

async function readShort(file: string): Promise<string | null> {
	const handle = await open(file, 'r').catch(() => null);
	if (handle === null) return null;
	try {
		const facts = await handle.stat();
		return facts.isFile() && facts.size <= largestManifest ? await handle.readFile('utf8') : null;
	} catch {
		return null;
	} finally {
		await handle.close();
	}
}
