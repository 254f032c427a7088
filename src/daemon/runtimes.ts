import {existsSync, readdirSync} from 'node:fs';
import {createRequire} from 'node:module';
import path from 'node:path';
import type {Device} from '../contract/backend.ts';
import type {Paths} from '../settings/paths.ts';
import {Packs} from './packs.ts';

/** Backends whose runtime is a package, and whether a checkout has it with a build for this machine. */
const inCheckout: Readonly<Record<string, (root: string) => boolean>> = {
	// A checkout leaves most platforms' builds out.
	llama: root =>
		moduleFolders(root, 'node-llama-cpp').some(folder => {
			const builds = path.join(folder, '@node-llama-cpp');
			return existsSync(builds) && readdirSync(builds).some(name => existsSync(path.join(builds, name, 'bins')));
		}),
	onnx: root =>
		moduleFolders(root, 'onnxruntime-node').some(folder => {
			const builds = path.join(folder, 'onnxruntime-node', 'bin', 'napi-v6', process.platform, process.arch);
			return existsSync(builds);
		}),
	sherpa: root => moduleFolders(root, 'sherpa-onnx-node').length > 0,
	espeak: root => moduleFolders(root, 'espeak-ng').length > 0,
	// It is built, and a checkout builds nothing.
	'llama-server': () => false,
};

/**
 * A checkout has a runtime in its own node_modules; else the installed pack is named in the environment,
 * where the backend looks for it in this process and in every runner.
 */
export async function findPacks(root: string, paths: Paths, device: Device): Promise<Packs> {
	const bundled = new Set(Object.keys(inCheckout).filter(backend => inCheckout[backend]?.(root)));
	const packs = new Packs({
		catalogue: path.join(root, 'registry', 'backends'),
		root: paths.packs,
		device,
		inCheckout: backend => bundled.has(backend),
		changed: () => locateAll(),
	});
	const wanted = Object.keys(inCheckout).filter(backend => !bundled.has(backend));
	const locateAll = async (): Promise<void> => {
		await Promise.all(wanted.map(backend => locate(packs, backend)));
	};
	await locateAll();
	if (!bundled.has('onnx')) await nameCodecs(packs);
	return packs;
}

/** Models that see answer without a picture, too: their runners are told where the codecs will be, and find them once they are. */
async function nameCodecs(packs: Packs): Promise<void> {
	const place = await packs.place('onnx');
	if (place !== null) process.env['MOFA_PICTURES_RUNTIME'] = place;
}

async function locate(packs: Packs, backend: string): Promise<void> {
	const variable = `MOFA_${backend.toUpperCase().replaceAll('-', '_')}_RUNTIME`;
	const runtime = await packs.runtime(backend);
	if (runtime === null) delete process.env[variable];
	else process.env[variable] = runtime.entry;
}

/** The `node_modules` above the program that hold this package. */
function moduleFolders(root: string, name: string): readonly string[] {
	const folders = createRequire(path.join(root, 'package.json')).resolve.paths(name) ?? [];
	return folders.filter(folder => existsSync(path.join(folder, name, 'package.json')));
}
