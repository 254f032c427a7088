import {createHash} from 'node:crypto';
import {existsSync, mkdirSync, renameSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {build} from 'esbuild';

/** Found by looking upwards, since this module may itself run from a bundle. */
export const repositoryRoot: string = findRoot(import.meta.dirname);

const bundled = new Map<string, Promise<string>>();

/**
 * Bundles a TypeScript entry, given by its absolute path, into one module that plain node runs.
 * The name of the output holds a hash of its content, so equal content is written once and test files can share it;
 * it lies inside `node_modules`, from where packages that stay external are found.
 */
export function bundle(entry: string): Promise<string> {
	let output = bundled.get(entry);
	if (output === undefined) {
		output = bundleEntry(entry);
		bundled.set(entry, output);
	}
	return output;
}

async function bundleEntry(entry: string): Promise<string> {
	const {outputFiles} = await build({
		entryPoints: [entry],
		bundle: true,
		write: false,
		format: 'esm',
		platform: 'node',
		target: 'node20',
		packages: 'external',
		logLevel: 'silent',
	});
	const text = outputFiles[0]!.text;
	const folder = path.join(repositoryRoot, 'node_modules/.cache/mofa-test');
	const name = `${path.basename(entry, path.extname(entry))}-${createHash('sha256').update(text).digest('hex').slice(0, 16)}`;
	const output = path.join(folder, `${name}.mjs`);
	mkdirSync(folder, {recursive: true});
	// Whole or not at all: several test processes may write it at once.
	const temporary = `${output}.${process.pid}`;
	writeFileSync(temporary, text);
	renameSync(temporary, output);
	return output;
}

function findRoot(folder: string): string {
	if (existsSync(path.join(folder, 'tsconfig.json'))) return folder;
	const parent = path.dirname(folder);
	if (parent === folder) throw new Error('not inside the repository');
	return findRoot(parent);
}
