import {similar} from '../../lib/similar.ts';
import {currentPaths} from '../../settings/paths.ts';
import {
	describeSetting,
	settingsTable,
	settingValues,
	writeSetting,
	type SettingValue,
} from '../../settings/settings.ts';
import {exitCodes} from '../exit-code.ts';
import {isOn, type Invocation} from '../invocation.ts';
import {resolveModelName} from '../model-name.ts';
import {remoteAddress} from '../remote-address.ts';
import {usageFailure} from '../report-failure.ts';
import {runningClient} from '../running-client.ts';
import {table} from '../table.ts';
import {writeLine, type Output} from '../terminal.ts';
import {writeJson} from '../write-json.ts';

/** Settings are a file: reading and writing them needs no daemon. */
export async function run(invocation: Invocation): Promise<number> {
	const act = actions[invocation.command[1] ?? ''];
	if (act === undefined) throw new Error(`${invocation.command.join(' ')} has no code`);
	return act(invocation);
}

const actions: Readonly<Record<string, (invocation: Invocation) => Promise<number>>> = {
	async path({terminal}) {
		await writeLine(terminal.stdout, currentPaths().settingsFile);
		return exitCodes.ok;
	},
	async list({terminal, options}) {
		const values = (await settingValues(currentPaths().settingsFile, terminal.env)).map(flat);
		await (isOn(options, 'json')
			? writeJson(terminal.stdout, values)
			: terminal.stdout.write(settingTable(values, terminal.stdout)));
		return exitCodes.ok;
	},
	get: withKey(async (key, {terminal}) => {
		const values = await settingValues(currentPaths().settingsFile, terminal.env);
		const value = values.find(({description}) => description.key === key)?.value ?? null;
		await (value === null ? writeLine(terminal.stderr, `${key} is not set`) : writeLine(terminal.stdout, value));
		return exitCodes.ok;
	}),
	set: withKey(async (key, invocation) => {
		const {terminal, words} = invocation;
		const typed = words[1];
		const value = typed === undefined ? null : key === 'model' ? resolveModelName(typed) : typed;
		await writeSetting(currentPaths().settingsFile, key, value);
		const note = await noteOnSet(key, invocation);
		if (note !== null) await writeLine(terminal.stderr, note);
		return exitCodes.ok;
	}),
};

/** These count where they are typed, the others where models run. */
const ofCommands: ReadonlySet<string> = new Set(['host', 'api_key', 'history']);

/** Where the new value does not count, or not yet. */
async function noteOnSet(key: string, invocation: Invocation): Promise<string | null> {
	const {terminal} = invocation;
	const {environment} = describeSetting(key);
	if (terminal.env[environment]) return `${environment} is set in this environment and goes before the file`;
	const remote = remoteAddress(terminal);
	if (remote === null)
		return (await runningClient(invocation)) === undefined
			? null
			: 'the daemon that is running keeps the old value until mofa stop --all';
	if (key === 'host') return `commands ask the daemon at ${remote} from now on`;
	return ofCommands.has(key) ? null : `the daemon at ${remote} has settings of its own; this one is for daemons here`;
}

/** An unknown key is a slip of the hand: say what was meant. */
function withKey(act: (key: string, invocation: Invocation) => Promise<number>) {
	return async (invocation: Invocation): Promise<number> => {
		const key = (invocation.words[0] ?? '').replaceAll('-', '_');
		const keys: readonly string[] = settingsTable.map(setting => setting.key);
		if (keys.includes(key)) return act(key, invocation);
		const near = similar(key, keys);
		const next = near.length > 0 ? `did you mean ${near.join(', ')}?` : `the settings are ${keys.join(', ')}`;
		return usageFailure(invocation.terminal, `there is no setting called "${key}"`, next);
	};
}

export interface SettingReport {
	readonly key: string;
	/** As it was written; null: unset. */
	readonly value: string | null;
	readonly default: string | null;
	readonly origin: SettingValue['origin'];
	readonly environment: string;
	readonly summary: string;
}

function flat({description, value, origin}: SettingValue): SettingReport {
	const {key, environment, summary} = description;
	// Listings are pasted into bug reports; `config get` shows it.
	const shown = key === 'api_key' && value !== null ? '(set)' : value;
	return {key, value: shown, default: description.default, origin, environment, summary};
}

function settingTable(settings: readonly SettingReport[], stdout: Output): string {
	return table(
		['KEY', 'VALUE', 'FROM', 'SUMMARY'],
		settings.map(({key, value, origin, summary}) => [key, value ?? '-', origin, summary]),
		undefined,
		stdout,
	);
}
