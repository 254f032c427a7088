import {pluginApiVersion, type Plugin} from '../contract/plugin.ts';
import {PluginProblem} from './problem.ts';

/** Names are typed in a shell, stand in addresses and are folders. */
const names = /^[a-z][a-z0-9-]{0,63}$/;
/** Of each kind; more is no plugin but a mistake. */
const most = 100;

export const isPluginName = (name: string): boolean => names.test(name);

/** What a module exports, as a plugin. Throws `PluginProblem` saying what is missing. Pure. */
export function checkPlugin(value: unknown): Plugin {
	if (!isRecord(value)) throw new PluginProblem('it exports no plugin: export default definePlugin({…})');
	const {apiVersion, name, tasks, adapters, models} = value;
	if (apiVersion !== pluginApiVersion)
		throw new PluginProblem(
			`it is made for version ${String(apiVersion).slice(0, 20)} of what plugins are, and this mofa has ${pluginApiVersion}`,
		);
	checkName(name, 'its name');
	for (const task of listOf(tasks, 'tasks')) checkTask(task);
	for (const adapter of listOf(adapters, 'adapters')) checkAdapter(adapter);
	for (const kind of ['tasks', 'adapters'] as const) checkTwice(listOf(value[kind], kind), kind);
	if (models !== undefined && typeof models !== 'string' && !(models instanceof URL))
		throw new PluginProblem('its models are no folder: a path or a URL');
	// Everything this program calls was looked at above.
	return value as unknown as Plugin;
}

type Fields = Readonly<Record<string, unknown>>;

function checkTask(task: Fields): void {
	const {name, accepts, emits, stage} = task;
	checkName(name, 'the name of a task');
	for (const [field, media] of Object.entries({accepts, emits}))
		if (!isTexts(media)) throw new PluginProblem(`its task ${String(name)} does not say what it ${field}: ['image']`);
	checkFunctions(task, `its task ${String(name)}`, ['parse', 'collect', 'visible']);
	if (stage === undefined) return;
	if (!isRecord(stage) || !['value', 'clause', 'turn', 'live'].includes(String(stage['takes'])))
		throw new PluginProblem(`its task ${String(name)} has a stage that takes neither value, clause, turn nor live`);
	checkFunctions(stage, `the stage of its task ${String(name)}`, ['open']);
}

function checkAdapter(adapter: Fields): void {
	const {name, backend, tasks} = adapter;
	checkName(name, 'the name of an adapter');
	const what = `its adapter ${String(name)}`;
	if (typeof backend !== 'string') throw new PluginProblem(`${what} was not made by defineAdapter`);
	if (!isTexts(tasks) || tasks.length === 0) throw new PluginProblem(`${what} names no tasks`);
	checkFunctions(adapter, what, ['serves', 'probe', 'probedFrom', 'estimate', 'load']);
}

function checkName(name: unknown, what: string): void {
	if (typeof name !== 'string' || !names.test(name))
		throw new PluginProblem(
			`${what} is not made of lowercase letters, digits and dashes: ${String(name).slice(0, 80)}`,
		);
}

function checkFunctions(value: Fields, what: string, functions: readonly string[]): void {
	for (const name of functions)
		if (typeof value[name] !== 'function') throw new PluginProblem(`${what} has no function ${name}`);
}

function checkTwice(items: readonly Fields[], kind: string): void {
	const all = items.map(({name}) => name);
	const twice = all.find((name, index) => all.indexOf(name) !== index);
	if (twice !== undefined) throw new PluginProblem(`two of its ${kind} are called ${String(twice)}`);
}

function listOf(value: unknown, field: string): readonly Fields[] {
	if (value === undefined) return [];
	if (!Array.isArray(value) || value.length > most || !value.every(isRecord))
		throw new PluginProblem(`its ${field} are no list of at most ${most}`);
	return value;
}

const isTexts = (value: unknown): value is readonly string[] =>
	Array.isArray(value) && value.length <= most && value.every(item => typeof item === 'string');

const isRecord = (value: unknown): value is Fields =>
	typeof value === 'object' && value !== null && !Array.isArray(value);
