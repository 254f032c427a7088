import {readdir, readFile, stat} from 'node:fs/promises';
import path from 'node:path';
import {MofaError} from '../../contract/error.ts';
import {reviveBinary, stringifyBinary} from '../../lib/binary-json.ts';
import {writeFileAtomic} from '../../lib/write-file-atomic.ts';
import {defaultSettings, type ChatMessage, type ChatSettings} from '../chat-settings.ts';

/** What `/save` keeps and `/load` brings back. */
export interface Session {
	readonly model: string;
	readonly task: 'chat' | 'completion';
	readonly messages: readonly ChatMessage[];
	readonly settings: ChatSettings;
}

const largestSession = 64_000_000;

/** Letters, digits, `.`, `_` and `-`; nothing that could be a path or a device. */
export function isSessionName(name: string): boolean {
	return /^[\p{L}\p{N}][\p{L}\p{N}\p{M}._-]{0,63}$/u.test(name) && !name.endsWith('.') && !reserved.test(name);
}

const reserved = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;

/** Throws `file-error`. */
export async function saveSession(folder: string, name: string, session: Session): Promise<string> {
	const file = path.join(folder, `${name}.json`);
	try {
		await writeFileAtomic(file, `${stringifyBinary({schema: 1, ...session}, '\t')}\n`);
	} catch (error) {
		throw fileError(file, error);
	}
	return file;
}

/** Undefined when there is no such session. Throws `file-error` for one that cannot be read or is none. */
export async function loadSession(folder: string, name: string): Promise<Session | undefined> {
	const file = path.join(folder, `${name}.json`);
	try {
		if ((await stat(file)).size > largestSession) throw new Error('it is too large');
		const value: unknown = JSON.parse(await readFile(file, 'utf8'));
		return parseSession(reviveBinary(value, where => new Error(`what stands at ${where} is damaged`)));
	} catch (error) {
		if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
		throw fileError(file, error);
	}
}

/** Names in order; none when the folder is not there or cannot be read. */
export async function listSessions(folder: string): Promise<readonly string[]> {
	const names = await readdir(folder).catch(() => []);
	return names
		.filter(name => name.endsWith('.json'))
		.map(name => name.slice(0, -'.json'.length))
		.filter(isSessionName)
		.toSorted();
}

/** Checks what the chat relies on; throws for anything else. */
function parseSession(value: unknown): Session {
	if (!isRecord(value) || value['schema'] !== 1) throw new Error('it is not a saved chat');
	const {model, task, messages, settings} = value;
	if (typeof model !== 'string' || !(task === 'chat' || task === 'completion')) throw new Error('it names no model');
	if (!Array.isArray(messages) || !messages.every(isMessage)) throw new Error('its messages are damaged');
	return {model, task, messages, settings: parseSettings(settings)};
}

function isMessage(value: unknown): value is ChatMessage {
	return (
		isRecord(value) &&
		['system', 'user', 'assistant'].includes(String(value['role'])) &&
		(typeof value['content'] === 'string' || isContent(value['content'])) &&
		(value['thinking'] === undefined || typeof value['thinking'] === 'string')
	);
}

/** Words and pictures. */
function isContent(value: unknown): boolean {
	return Array.isArray(value) && value.every(part => isRecord(part) && (isText(part) || isPicture(part['image'])));
}

const isText = (part: Record<string, unknown>): boolean => part['type'] === 'text' && typeof part['text'] === 'string';

const isPicture = (value: unknown): boolean =>
	isRecord(value) && value['bytes'] instanceof Uint8Array && String(value['mediaType']).startsWith('image/');

/** A setting of another type than expected falls back to the default, so that files outlive versions. */
function parseSettings(value: unknown): ChatSettings {
	const stored = isRecord(value) ? value : {};
	const entries = Object.entries(defaultSettings).map(([key, fallback]) => {
		const found = stored[key];
		return [key, found !== undefined && fits(key as keyof ChatSettings, found) ? found : fallback];
	});
	return Object.fromEntries(entries) as ChatSettings;
}

function fits(key: keyof ChatSettings, value: unknown): boolean {
	const text = typeof value === 'string';
	const nothing = value === null;
	switch (key) {
		case 'system':
			return text || nothing;
		case 'think':
			return nothing || typeof value === 'boolean' || ['low', 'medium', 'high'].includes(String(value));
		case 'maxTokens':
		case 'keepAlive':
			return nothing || (typeof value === 'number' && value >= 0);
		case 'stop':
			return Array.isArray(value) && value.every(entry => typeof entry === 'string');
		case 'format':
			return nothing || (isRecord(value) && typeof value['name'] === 'string' && isFormat(value['format']));
		case 'sampling':
		case 'load':
			return isRecord(value);
		default:
			return typeof value === 'boolean';
	}
}

function isFormat(value: unknown): boolean {
	return (
		isRecord(value) && (value['type'] === 'json' || (value['type'] === 'json-schema' && isRecord(value['schema'])))
	);
}

function isRecord(value: unknown): value is Record<string, unknown> {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function fileError(file: string, error: unknown): MofaError {
	const problem =
		error instanceof SyntaxError ? 'it is not JSON' : error instanceof Error ? error.message : String(error);
	return new MofaError('file-error', {path: file, problem}, {cause: error});
}
