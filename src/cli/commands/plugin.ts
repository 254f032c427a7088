import {stat} from 'node:fs/promises';
import path from 'node:path';
import {MofaError} from '../../contract/error.ts';
import type {PluginReport} from '../../contract/plugin.ts';
import {similar} from '../../lib/similar.ts';
import {currentPaths} from '../../settings/paths.ts';
import {confirm} from '../confirm.ts';
import {exitCodes} from '../exit-code.ts';
import {isOn, type Invocation} from '../invocation.ts';
import {isPath} from '../model-name.ts';
import {installPlugin, isInstalled, removePlugin, type InstalledPlugin} from '../plugin-store.ts';
import {refusedRemotely} from '../remote-address.ts';
import {ExplainedFailure, sayFailure, usageFailure} from '../report-failure.ts';
import {runningClient} from '../running-client.ts';
import {Spinner} from '../spinner.ts';
import {inOneLine, table} from '../table.ts';
import {writeLine, type Output, type Terminal} from '../terminal.ts';
import {writeJson} from '../write-json.ts';

export async function run(invocation: Invocation): Promise<number> {
	const act = actions[invocation.command[1] ?? ''];
	if (act === undefined) throw new Error(`${invocation.command.join(' ')} has no code`);
	return act(invocation);
}

const actions: Readonly<Record<string, (invocation: Invocation) => Promise<number>>> = {list, install, remove};

/** What may be asked over HTTP must not become code. */
const onItsMachine = [
	'plugins are code, which is installed and removed on the machine of its daemon',
	'type it there, or unset MOFA_HOST',
] as const;

async function list({client, options, terminal}: Invocation): Promise<number> {
	const plugins = await (await client()).plugins();
	if (isOn(options, 'json')) await writeJson(terminal.stdout, plugins);
	else if (plugins.length === 0) await writeLine(terminal.stderr, 'there are no plugins');
	else {
		await terminal.stdout.write(pluginTable(plugins, terminal.stdout));
		for (const {name, problem} of plugins)
			if (problem !== null) await writeLine(terminal.stderr, inOneLine(`${name} is left out: ${problem}`));
	}
	return exitCodes.ok;
}

/** Whole or not at all: one that the daemon cannot use is taken away again, and what was there before is back. */
async function install({client: connect, words, options, terminal, signal}: Invocation): Promise<number> {
	const refused = await refusedRemotely(terminal, ...onItsMachine);
	if (refused !== null) return refused;
	const source = await sourceOf(words[0] ?? '');
	const question = `Install ${source}? A plugin is code, and runs with your rights.`;
	const answer = await confirm(terminal, question, {yes: isOn(options, 'yes'), byDefault: false});
	if (answer === 'unasked')
		return usageFailure(terminal, 'a plugin is code, and nobody is here to say yes to it', 'add --yes');
	if (answer === 'no') return exitCodes.failure;
	const client = await connect();
	const installed = await putInPlace(source, terminal, signal);
	try {
		const report = (await client.reloadPlugins()).find(
			({name, source: from}) => name === installed.name && from === 'installed',
		);
		if (report === undefined || report.problem !== null) throw unusable(source, report?.problem ?? 'it was not found');
		await installed.settle();
		const adds = [...report.tasks, ...report.adapters, ...report.models].join(', ');
		await writeLine(terminal.stderr, `installed ${installed.name} ${installed.version ?? ''}, which adds ${adds}`);
		return exitCodes.ok;
	} catch (error) {
		await installed.undo();
		await client.reloadPlugins().catch(() => undefined);
		throw error;
	}
}

/** Needs no daemon: a plugin may be what keeps it from starting. */
async function remove(invocation: Invocation): Promise<number> {
	const {words, options, terminal} = invocation;
	const refused = await refusedRemotely(terminal, ...onItsMachine);
	if (refused !== null) return refused;
	const name = words[0] ?? '';
	const root = currentPaths().plugins;
	if (!(await isInstalled(root, name))) return notFound(name, await (await invocation.client()).plugins(), terminal);
	const question = `Delete the plugin ${name}?`;
	if ((await confirm(terminal, question, {yes: isOn(options, 'yes'), byDefault: true})) === 'no')
		return exitCodes.failure;
	await removePlugin(root, name);
	await (await runningClient(invocation))?.reloadPlugins();
	await writeLine(terminal.stdout, `deleted ${name}`);
	return exitCodes.ok;
}

/** A path is whole for npm, which works elsewhere; a name is a name. */
async function sourceOf(word: string): Promise<string> {
	if (word.startsWith('-')) throw new MofaError('invalid-request', {path: 'source', expected: 'a folder or a package'});
	const isThere = (await stat(word).catch(() => null)) !== null;
	if (!isThere && (isPath(word) || /\.(tgz|tar\.gz)$/.test(word)))
		throw new MofaError('file-error', {path: word, problem: 'ENOENT'});
	return isThere ? path.resolve(word) : word;
}

async function putInPlace(source: string, terminal: Terminal, signal: AbortSignal): Promise<InstalledPlugin> {
	using spinner = new Spinner(terminal);
	spinner.show(`installing ${source}`);
	return await installPlugin({source, root: currentPaths().plugins, signal});
}

function unusable(source: string, problem: string): ExplainedFailure {
	return new ExplainedFailure(
		{message: `${source} cannot be used: ${problem}`, next: null},
		new MofaError('invalid-request', {path: source, expected: `a plugin of mofa, but ${problem}`}),
	);
}

async function notFound(name: string, plugins: readonly PluginReport[], terminal: Terminal): Promise<number> {
	const listed = plugins.find(known => known.name === name);
	if (listed !== undefined) {
		await sayFailure(terminal, {
			message: `${name} is read where it lies, in ${listed.path}, because the setting plugins says so`,
			next: 'mofa config set plugins',
		});
		return exitCodes.failure;
	}
	const near = similar(
		name,
		plugins.map(known => known.name),
	);
	const next = near.length > 0 ? `did you mean ${near.join(', ')}?` : 'mofa plugin list shows every plugin';
	await sayFailure(terminal, {message: `there is no plugin called "${name}"`, next});
	return exitCodes.notFound;
}

function pluginTable(plugins: readonly PluginReport[], stdout: Output): string {
	return table(
		['NAME', 'VERSION', 'STATE', 'TASKS', 'ADAPTERS', 'MODELS', 'FROM'],
		plugins.map(({name, version, problem, tasks, adapters, models, source, path: place}) => [
			name,
			version ?? '-',
			problem === null ? 'ready' : 'left out',
			tasks.join(', ') || '-',
			adapters.join(', ') || '-',
			models.join(', ') || '-',
			source === 'installed' ? 'installed' : place,
		]),
		undefined,
		stdout,
	);
}
