import {existsSync} from 'node:fs';
import {createRequire} from 'node:module';
import path from 'node:path';

/** By the asking module and the parts of the path. */
const found = new Map<string, string>();

/**
 * A file of a package, in the `node_modules` above a module: where it was found before, else in the nearest that has it. Undefined
 * where none has. Every ask of a model wants to know, and the search takes twenty times as long as the look.
 */
export function packageFile(module: string, name: string, ...inside: readonly string[]): string | undefined {
	const key = [module, name, ...inside].join('\0');
	const known = found.get(key);
	if (known !== undefined && existsSync(known)) return known;
	const folders = createRequire(module).resolve.paths(name) ?? [];
	const file = folders.map(folder => path.join(folder, name, ...inside)).find(place => existsSync(place));
	if (file === undefined) found.delete(key);
	else found.set(key, file);
	return file;
}
