import {open} from 'node:fs/promises';
import path from 'node:path';
import {filesBelow, namePart, type Tool} from './found-model.ts';
import {ggufModels} from './gguf-folder.ts';

/**
 * One folder with `<owner>_<repository>_<file>.gguf`, and `manifest=<owner>=<repository>=<tag>.json` that says which file
 * of the Hub is which, with its hash. Newer versions use the Hugging Face cache, which needs no adopting.
 * Source: llama.cpp, `common/download.cpp`, `common/common.cpp` (`fs_get_cache_directory`).
 */
export const llamaCpp: Tool = {
	name: 'llama.cpp',
	folders({env, platform, home}) {
		if (env['LLAMA_CACHE']) return [env['LLAMA_CACHE']];
		if (platform === 'darwin') return [path.join(home, 'Library', 'Caches', 'llama.cpp')];
		if (platform === 'win32')
			return [path.join(env['LOCALAPPDATA'] || path.join(home, 'AppData', 'Local'), 'llama.cpp')];
		return [path.join(env['XDG_CACHE_HOME'] || path.join(home, '.cache'), 'llama.cpp')];
	},
	async find(folder) {
		const names = await filesBelow(folder, 1);
		const known = await manifestsIn(folder, names);
		const repositories = new Map<string, string[]>();
		for (const name of names.filter(name => /\.gguf$/i.test(name))) {
			const repository = known.get(name)?.repository ?? '';
			repositories.set(repository, [...(repositories.get(repository) ?? []), name]);
		}
		const models = await Promise.all(
			[...repositories].map(([repository, files]) =>
				ggufModels(
					folder,
					files,
					(tag, first) =>
						repository === ''
							? `llama.cpp/${namePart(first.replace(/(-00001-of-\d{5})?\.gguf$/i, ''))}`
							: `llama.cpp/${namePart(repository)}:${namePart(tag)}`,
					file => known.get(file)?.sha256 ?? null,
				),
			),
		);
		return models.flat();
	},
};

interface KnownFile {
	readonly repository: string;
	readonly sha256: string | null;
}

/** Bytes; a manifest names a handful of files. */
const largest = 2 ** 20;

async function manifestsIn(folder: string, names: readonly string[]): Promise<ReadonlyMap<string, KnownFile>> {
	const known = new Map<string, KnownFile>();
	for (const name of names) {
		const match = /^manifest=([^=]+)=([^=]+)=[^=]+\.json$/.exec(name);
		if (match === null) continue;
		const [, owner = '', repository = ''] = match;
		for (const {file, sha256} of await filesIn(path.join(folder, name))) {
			const local = `${owner}_${repository}_${file.replaceAll('/', '_')}`;
			known.set(local, {repository, sha256});
			// Its other parts are named like the first.
			for (const part of names)
				if (part.replace(shard, '') === local.replace(shard, '') && !known.has(part))
					known.set(part, {repository, sha256: null});
		}
	}
	return known;
}

const shard = /-\d{5}-of-\d{5}(?=\.gguf$)/i;

async function filesIn(manifest: string): Promise<ReadonlyArray<{file: string; sha256: string | null}>> {
	const handle = await open(manifest, 'r').catch(() => null);
	if (handle === null) return [];
	try {
		if ((await handle.stat()).size > largest) return [];
		const value = JSON.parse(await handle.readFile('utf8')) as Record<string, unknown>;
		return [value['ggufFile'], value['mmprojFile']].flatMap(parseFile);
	} catch {
		return [];
	} finally {
		await handle.close();
	}
}

function parseFile(value: unknown): ReadonlyArray<{file: string; sha256: string | null}> {
	if (typeof value !== 'object' || value === null) return [];
	const {rfilename, lfs} = value as {rfilename?: unknown; lfs?: unknown};
	if (typeof rfilename !== 'string') return [];
	const sha256 = typeof lfs === 'object' && lfs !== null ? (lfs as {sha256?: unknown}).sha256 : null;
	return [{file: rfilename, sha256: typeof sha256 === 'string' && /^[0-9a-f]{64}$/.test(sha256) ? sha256 : null}];
}
