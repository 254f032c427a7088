import path from 'node:path';
import {MofaError} from '../contract/error.ts';
import {parseByteSize} from '../lib/byte-size.ts';
import {parseDuration} from '../lib/duration.ts';
import {writeFileAtomic} from '../lib/write-file-atomic.ts';
import {hostExpectation, hostMeaning} from './host.ts';
import {fileError, readStored} from './stored.ts';

/** What a user may change once and for all. Written as `mofa config set key value` has it: text, checked per type. */
export interface Settings {
	/** Name or path that `mofa run` uses when none is given. */
	readonly model: string | null;
	readonly host: string;
	readonly api_key: string | null;
	/** Milliseconds. */
	readonly keep_alive: number;
	/** Milliseconds without work after which a daemon that the CLI started leaves. */
	readonly idle_exit: number;
	/** Bytes of RAM all models may take together; null: what the machine can spare. */
	readonly memory: number | null;
	/** Cores mofa may compute on; null: all that are usable. */
	readonly threads: number | null;
	readonly context_length: number | null;
	readonly parallel: number | null;
	readonly max_queue: number;
	readonly history: boolean;
	/** Whether pictures that an HTTP client names by an address are fetched. */
	readonly image_urls: boolean;
	/** Folders of plugins that are read where they lie, beside those that are installed. */
	readonly plugins: readonly string[] | null;
}

export type SettingKey = keyof Settings;

type Kind = 'text' | 'address' | 'duration' | 'bytes' | 'count' | 'switch' | 'folders';

export interface SettingDescription {
	readonly key: SettingKey;
	readonly kind: Kind;
	readonly default: string | null;
	readonly environment: string;
	readonly summary: string;
}

export const settingsTable: readonly SettingDescription[] = [
	{
		key: 'model',
		kind: 'text',
		default: null,
		environment: 'MOFA_MODEL',
		summary: 'the model mofa run uses when none is named',
	},
	{
		key: 'host',
		kind: 'address',
		default: '127.0.0.1:8420',
		environment: 'MOFA_HOST',
		summary: 'where the daemon listens for HTTP, or "off"; the URL of a daemon elsewhere: commands ask that one',
	},
	{
		key: 'api_key',
		kind: 'text',
		default: null,
		environment: 'MOFA_API_KEY',
		summary: 'the key HTTP clients must send; needed to listen beyond this machine, and sent to a daemon elsewhere',
	},
	{
		key: 'keep_alive',
		kind: 'duration',
		default: '5m',
		environment: 'MOFA_KEEP_ALIVE',
		summary: 'how long a model stays in memory after its last answer',
	},
	{
		key: 'idle_exit',
		kind: 'duration',
		default: '15m',
		environment: 'MOFA_IDLE_EXIT',
		summary: 'how long a daemon with nothing to do stays',
	},
	{
		key: 'memory',
		kind: 'bytes',
		default: null,
		environment: 'MOFA_MEMORY',
		summary: 'memory all models may take together, such as 6GB',
	},
	{key: 'threads', kind: 'count', default: null, environment: 'MOFA_THREADS', summary: 'cores to compute on'},
	{
		key: 'context_length',
		kind: 'count',
		default: null,
		environment: 'MOFA_CONTEXT_LENGTH',
		summary: 'tokens a conversation may hold, unless a request says otherwise',
	},
	{
		key: 'parallel',
		kind: 'count',
		default: null,
		environment: 'MOFA_PARALLEL',
		summary: 'answers one language model writes at the same time',
	},
	{
		key: 'max_queue',
		kind: 'count',
		default: '512',
		environment: 'MOFA_MAX_QUEUE',
		summary: 'requests that may wait before new ones are turned away',
	},
	{
		key: 'history',
		kind: 'switch',
		default: 'on',
		environment: 'MOFA_HISTORY',
		summary: 'remember what was typed in chats',
	},
	{
		key: 'image_urls',
		kind: 'switch',
		default: 'off',
		environment: 'MOFA_IMAGE_URLS',
		summary: 'fetch pictures that HTTP clients name by an address on the web',
	},
	{
		key: 'plugins',
		kind: 'folders',
		default: null,
		environment: 'MOFA_PLUGINS',
		summary: 'folders of plugins that are being worked on, read where they lie',
	},
];

export interface SettingValue {
	readonly description: SettingDescription;
	/** As text, the way it was written; null: unset. */
	readonly value: string | null;
	readonly origin: 'default' | 'file' | 'environment';
}

/** Environment over file over default. Throws `invalid-request` naming the key for a value that does not parse. */
export async function readSettings(file: string, env: Readonly<Record<string, string | undefined>>): Promise<Settings> {
	const values = await settingValues(file, env);
	return Object.fromEntries(
		values.map(({description, value}) => [description.key, parseSetting(description, value)]),
	) as unknown as Settings;
}

/** Every setting with where its value comes from, in table order. */
export async function settingValues(
	file: string,
	env: Readonly<Record<string, string | undefined>>,
): Promise<readonly SettingValue[]> {
	const stored = readStored(file);
	return settingsTable.map(description => {
		const fromEnvironment = env[description.environment];
		if (fromEnvironment !== undefined && fromEnvironment !== '')
			return {description, value: fromEnvironment, origin: 'environment'};
		const fromFile = stored[description.key];
		if (fromFile !== undefined) return {description, value: fromFile, origin: 'file'};
		return {description, value: description.default, origin: 'default'};
	});
}

/** `null` takes the setting back to its default. Throws `invalid-request` for an unknown key or a bad value, `file-error`. */
export async function writeSetting(file: string, key: string, value: string | null): Promise<void> {
	const description = describeSetting(key);
	if (value !== null) parseSetting(description, value);
	const {[description.key]: _old, ...others} = readStored(file);
	const next = value === null ? others : {...others, [description.key]: value};
	try {
		await writeFileAtomic(file, `${JSON.stringify(next, null, '\t')}\n`);
	} catch (error) {
		throw fileError(file, error);
	}
}

export function describeSetting(key: string): SettingDescription {
	const description = settingsTable.find(entry => entry.key === key);
	if (description === undefined)
		throw new MofaError('invalid-request', {
			path: key,
			expected: `one of ${settingsTable.map(entry => entry.key).join(', ')}`,
		});
	return description;
}

function parseSetting({key, kind}: SettingDescription, value: string | null): unknown {
	if (value === null) return null;
	const parsed = parsers[kind](value);
	if (parsed === undefined)
		throw new MofaError('invalid-request', {path: key, expected: `${expectations[kind]}, not "${value}"`});
	return parsed;
}

const parsers: Readonly<Record<Kind, (value: string) => unknown>> = {
	text: value => (value.trim() === '' ? undefined : value),
	address: value => (value !== '' && hostMeaning(value, () => true) !== undefined ? value : undefined),
	duration: parseDuration,
	bytes: parseByteSize,
	count: value => (/^[1-9]\d{0,8}$/.test(value) ? Number(value) : undefined),
	switch: value => ({on: true, true: true, off: false, false: false})[value.toLowerCase()],
	folders: foldersOf,
};

const expectations: Readonly<Record<Kind, string>> = {
	text: 'some text',
	address: hostExpectation,
	duration: 'a duration such as 5m, 1h30m, 0 or forever',
	bytes: 'a size such as 6GB',
	count: 'a whole number above 0',
	switch: 'on or off',
	folders: `whole paths of folders, joined by ${path.delimiter}`,
};

/** As `PATH` has them. The daemon stands elsewhere than whoever wrote it, so each is whole. */
function foldersOf(value: string): readonly string[] | undefined {
	const folders = value.split(path.delimiter).filter(folder => folder !== '');
	return folders.every(folder => path.isAbsolute(folder)) ? folders : undefined;
}
