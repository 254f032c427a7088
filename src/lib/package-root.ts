import {existsSync} from 'node:fs';
import path from 'node:path';
import {fileURLToPath} from 'node:url';

/** The folder that holds `registry/` and `dist/`, whether this runs from the bundle or from source. */
export function packageRoot(): string {
	let folder = path.dirname(fileURLToPath(import.meta.url));
	while (!existsSync(path.join(folder, 'registry'))) {
		const parent = path.dirname(folder);
		if (parent === folder) throw new Error('the registry folder is missing: install mofa again');
		folder = parent;
	}
	return folder;
}
