import {pathToFileURL} from 'node:url';
import type {AnyAdapter} from '../contract/adapter.ts';
import type {Plugin} from '../contract/plugin.ts';
import {checkPlugin} from './check-plugin.ts';
import {PluginProblem} from './problem.ts';
import {shareLibrary} from './share-library.ts';

/** Milliseconds a module may take until it is there: one that waits for something that never comes must not hold the daemon. */
const patienceMs = 10_000;

/** Runs the module of a plugin in this process. Throws `PluginProblem` whatever is wrong with it. */
export async function importPlugin(entry: string): Promise<Plugin> {
	shareLibrary();
	const module = await within(
		patienceMs,
		import(pathToFileURL(entry).href).catch((error: unknown) => {
			throw new PluginProblem(`it fails when it is opened: ${PluginProblem.wordsOf(error)}`);
		}),
	);
	return checkPlugin((module as {readonly default?: unknown}).default);
}

/** The adapters of a plugin, for the runner of one of its models. */
export async function pluginAdapters(entry: string): Promise<readonly AnyAdapter[]> {
	return (await importPlugin(entry)).adapters ?? [];
}

async function within<T>(milliseconds: number, work: Promise<T>): Promise<T> {
	let timer: NodeJS.Timeout | undefined;
	const late = new Promise<never>((_resolve, reject) => {
		timer = setTimeout(
			() => reject(new PluginProblem(`it was not open after ${milliseconds / 1000} seconds`)),
			milliseconds,
		);
	});
	try {
		return await Promise.race([work, late]);
	} finally {
		clearTimeout(timer);
	}
}
