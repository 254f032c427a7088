/**
 * What mofa can do, read from its own source: the command reference and the table of settings. Nothing is copied, so
 * a command that changes there changes the guide's next training.
 */
import path from 'node:path';
import {build} from 'esbuild';

const source = path.resolve(import.meta.dirname, '../../../../src');

export async function reference() {
	const [{commands}, {settingsTable}] = await Promise.all([
		load('cli/reference.ts'),
		load('settings/settings.ts'),
	]);
	return {commands: flatten(commands), settings: settingsTable};
}

/** Each command that can be typed, `backend install` beside `backend`, with the long and short names of its options. */
export function flatten(commands, parent = '') {
	return commands.flatMap(command => {
		const name = `${parent}${command.name}`;
		const own = {
			name,
			names: [name, ...(command.aliases ?? []).map(alias => `${parent}${alias}`)],
			summary: command.summary,
			group: command.commands !== undefined,
			arguments: command.arguments ?? [],
			examples: command.examples ?? [],
			options: (command.options ?? []).map(option => ({
				...option,
				long: option.flags.match(/--[\w-]+/)[0],
				short: option.flags.match(/(?:^|\s)(-\w)\b/)?.[1],
			})),
		};
		return [own, ...flatten(command.commands ?? [], `${name} `)];
	});
}

async function load(file) {
	const result = await build({
		entryPoints: [path.join(source, file)],
		bundle: true,
		write: false,
		platform: 'node',
		format: 'esm',
		logLevel: 'silent',
	});
	return import(`data:text/javascript;base64,${Buffer.from(result.outputFiles[0].contents).toString('base64')}`);
}
