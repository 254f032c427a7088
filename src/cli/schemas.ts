import {readdir, readFile} from 'node:fs/promises';
import path from 'node:path';
import {packageRoot} from '../lib/package-root.ts';
import {commands, type Command} from './reference.ts';

/** The published JSON schema of every `--json` output, by the command that prints it: `list`, `backend list`. */
export async function readSchemas(): Promise<Readonly<Record<string, unknown>>> {
	const folder = path.join(packageRoot(), 'registry', 'schema');
	const files = new Set(await readdir(folder));
	// Data that is no output of a command has a schema in that folder too.
	const printed = commands.flatMap(command => namesOf(command)).filter(name => files.has(fileOf(name)));
	const schemas = await Promise.all(
		printed.toSorted().map(async name => {
			const schema: unknown = JSON.parse(await readFile(path.join(folder, fileOf(name)), 'utf8'));
			return [name, schema] as const;
		}),
	);
	return Object.fromEntries(schemas);
}

function fileOf(command: string): string {
	return `${command.replaceAll(' ', '-')}.json`;
}

function namesOf({name, commands = []}: Command): readonly string[] {
	return [name, ...commands.flatMap(child => namesOf(child).map(childName => `${name} ${childName}`))];
}
