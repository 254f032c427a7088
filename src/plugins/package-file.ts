import {readFile, realpath, stat} from 'node:fs/promises';
import path from 'node:path';
import {PluginProblem} from './problem.ts';

/** What the `package.json` of a plugin says. */
export interface PluginPackage {
	readonly name: string;
	readonly version: string | null;
	readonly description: string | null;
	/** Absolute path of the module that exports the plugin. */
	readonly entry: string;
}

/** Bytes. */
const largest = 2 ** 20;

/** Throws `PluginProblem` where the folder is no package, or its entry is not in it. */
export async function readPackage(folder: string): Promise<PluginPackage> {
	const fields = await fieldsOf(path.join(folder, 'package.json'));
	const {name, version, description} = fields;
	if (typeof name !== 'string' || name === '') throw new PluginProblem('its package.json has no name');
	return {
		name,
		version: typeof version === 'string' ? version.slice(0, 100) : null,
		description: typeof description === 'string' ? description.slice(0, 500) : null,
		entry: await entryOf(folder, fields),
	};
}

type Fields = Readonly<Record<string, unknown>>;

async function fieldsOf(file: string): Promise<Fields> {
	const facts = await stat(file).catch(() => null);
	if (facts === null) throw new PluginProblem('it is no package: there is no package.json in it');
	if (facts.size > largest) throw new PluginProblem(`its package.json is longer than ${largest} bytes`);
	try {
		const parsed: unknown = JSON.parse(await readFile(file, 'utf8'));
		if (isRecord(parsed)) return parsed;
	} catch {
		// Said below.
	}
	throw new PluginProblem('its package.json is not a JSON object');
}

/** A link may lead out of the folder; what it leads to would not be what was installed. */
async function entryOf(folder: string, fields: Fields): Promise<string> {
	const named = exported(fields['exports']) ?? fields['module'] ?? fields['main'] ?? 'index.js';
	if (typeof named !== 'string') throw new PluginProblem('its package.json names no entry: "exports": "./index.js"');
	const entry = await realpath(path.resolve(folder, named)).catch(() => null);
	if (entry === null) throw new PluginProblem(`its entry ${named} is not there`);
	const inside = path.relative(await realpath(folder), entry);
	if (inside.startsWith('..') || path.isAbsolute(inside)) throw new PluginProblem(`its entry ${named} is not in it`);
	return entry;
}

function exported(field: unknown): string | undefined {
	if (typeof field === 'string') return field;
	if (!isRecord(field)) return undefined;
	for (const key of ['.', 'node', 'import', 'default']) {
		const found = exported(field[key]);
		if (found !== undefined) return found;
	}
	return undefined;
}

const isRecord = (value: unknown): value is Fields =>
	typeof value === 'object' && value !== null && !Array.isArray(value);
