import {readdir, readFile} from 'node:fs/promises';
import path from 'node:path';
import {packageRoot} from '../lib/package-root.ts';

/** The published JSON schema of every `--json` output, by the command that prints it: `list`, `backend list`. */
export async function readSchemas(): Promise<Readonly<Record<string, unknown>>> {
	const folder = path.join(packageRoot(), 'registry', 'schema');
	const files = (await readdir(folder)).filter(file => file.endsWith('.json')).toSorted();
	const schemas = await Promise.all(
		files.map(async file => [
			path.basename(file, '.json').replaceAll('-', ' '),
			JSON.parse(await readFile(path.join(folder, file), 'utf8')) as unknown,
		]),
	);
	return Object.fromEntries(schemas) as Readonly<Record<string, unknown>>;
}
