import {readFile, stat} from 'node:fs/promises';
import path from 'node:path';
import type {Client} from '../../client/client.ts';
import {MofaError} from '../../contract/error.ts';
import type {ModelDetails} from '../../contract/report.ts';
import type {Effect} from '../commands/command.ts';
import {markdownLines} from '../markdown/blocks.ts';
import {completionNote, contentText, failureLines, modelLines, note} from '../notices.ts';
import type {ChatState} from '../state.ts';
import {emptyLine, span, textLines, type Line} from '../styled-text.ts';
import type {Store} from '../store.ts';
import {glyphs} from '../theme.ts';
import {loadSession, saveSession} from './session-file.ts';

export interface EffectTools {
	readonly client: Client;
	readonly store: Store;
	readonly sessionsFolder: string;
	/** Loads the model of the state, beside whatever is typed meanwhile. */
	readonly preload: () => void;
	/** Asks the client and the disk anew for names that Tab completes. */
	readonly refreshNames: () => Promise<{readonly models: readonly string[]}>;
	readonly leave: () => void;
}

/** Carries out what a command asked for. Never throws: a failure is a line. */
export async function perform(effect: Effect, tools: EffectTools): Promise<void> {
	try {
		await carryOut(effect, tools);
	} catch (error) {
		tools.store.dispatch({type: 'lines-printed', lines: failureLines(error)});
	}
}

async function carryOut(effect: Effect, tools: EffectTools): Promise<void> {
	const {client, store} = tools;
	switch (effect.type) {
		case 'leave':
			return tools.leave();
		case 'reload-model':
			return tools.preload();
		case 'choose-model':
			return chooseModel(tools);
		case 'list-models':
			return say(store, textLines((await tools.refreshNames()).models.join('\n') || 'there are no models here'));
		case 'change-model':
			return changeModel(tools, effect.model);
		case 'show-model': {
			const details = await client.model(store.state().model);
			if (effect.part === 'info') return say(store, modelLines(details));
			return say(store, details.template === null ? note('the model brings no template') : textLines(details.template));
		}
		case 'read-schema':
			return readSchema(store, effect.file);
		case 'save-session':
			return save(tools, effect.name);
		case 'load-session':
			return load(tools, effect.name);
	}
}

async function chooseModel({store, refreshNames}: EffectTools): Promise<void> {
	const {models} = await refreshNames();
	const current = store.state().model;
	const items = models.includes(current) ? models : [current, ...models];
	store.dispatch({type: 'picker-opened', picker: {title: 'Which model?', items, index: items.indexOf(current)}});
}

async function changeModel({client, store, preload}: EffectTools, name: string): Promise<void> {
	const details = await client.model(name);
	store.dispatch({
		type: 'model-changed',
		model: details.name,
		task: taskOf(details),
		sees: details.accepts.includes('image'),
	});
	say(store, note(`going on with ${details.name}`));
	if (store.state().task === 'completion') say(store, completionNote);
	preload();
}

function taskOf({name, tasks}: ModelDetails): ChatState['task'] {
	if (tasks.includes('chat')) return 'chat';
	if (tasks.includes('completion')) return 'completion';
	throw new MofaError('task-unsupported', {model: name, task: 'chat', supported: tasks});
}

const largestSchema = 1_000_000;

async function readSchema(store: Store, file: string): Promise<void> {
	const schema = await readJson(path.resolve(file));
	const {settings} = store.state();
	const format = {name: file, format: {type: 'json-schema', schema}} as const;
	store.dispatch({type: 'settings-changed', settings: {...settings, format}});
	say(store, note(`answers obey ${file}`));
}

async function readJson(file: string): Promise<Record<string, unknown>> {
	try {
		if ((await stat(file)).size > largestSchema) throw new Error('it is too large for a schema');
		const parsed: unknown = JSON.parse(await readFile(file, 'utf8'));
		if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed))
			return parsed as Record<string, unknown>;
		throw new Error('it is not a JSON object');
	} catch (error) {
		throw new MofaError('file-error', {path: file, problem: problemOf(error)}, {cause: error});
	}
}

function problemOf(error: unknown): string {
	if (error instanceof SyntaxError) return 'it is not JSON';
	if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return 'there is no such file';
	return error instanceof Error ? error.message : String(error);
}

async function save({store, sessionsFolder, refreshNames}: EffectTools, name: string): Promise<void> {
	const {model, task, messages, settings} = store.state();
	const file = await saveSession(sessionsFolder, name, {model, task, messages, settings});
	say(store, note(`saved to ${file}; /load ${name} brings it back`));
	await refreshNames();
}

async function load(tools: EffectTools, name: string): Promise<void> {
	const {store, sessionsFolder} = tools;
	const session = await loadSession(sessionsFolder, name);
	if (session === undefined) {
		const {models} = await tools.refreshNames();
		const next = models.includes(name) ? `; to go on with that model: /model ${name}` : '';
		return say(store, note(`there is no saved conversation called ${name}${next}`));
	}
	const {history} = store.state().settings;
	store.dispatch({type: 'settings-changed', settings: {...session.settings, history}});
	store.dispatch({type: 'conversation-replaced', messages: session.messages});
	say(store, [...note(`${session.messages.length} messages`), ...recalled(session.messages, store.state())]);
	if (session.model !== store.state().model) await changeModel(tools, session.model);
}

/** Enough of the end to know again what it was about. */
const recalledMessages = 6;

function recalled(messages: ChatState['messages'], {size}: ChatState): readonly Line[] {
	return messages.slice(-recalledMessages).flatMap(message => {
		const text = contentText(message);
		if (message.role === 'assistant') return markdownLines(text, {width: size.columns, glyphs});
		const first = span(glyphs.prompt, 'prompt');
		const later = span(glyphs.continuation, 'prompt');
		return [emptyLine].concat(textLines(text, 'bold').map((line, index) => [index === 0 ? first : later].concat(line)));
	});
}

function say(store: Store, lines: readonly Line[]): void {
	store.dispatch({type: 'lines-printed', lines});
}
