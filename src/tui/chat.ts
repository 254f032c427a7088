import type {Client} from '../client/client.ts';
import type {Effect, Step} from './commands/command.ts';
import {completeDraft} from './completion.ts';
import {appendHistory, readHistory} from './effects/history-file.ts';
import {perform, type EffectTools} from './effects/perform.ts';
import {runTurn} from './effects/run-turn.ts';
import {listSessions} from './effects/session-file.ts';
import {untilAborted} from './effects/until-aborted.ts';
import type {InputEvent} from './input/key-decoder.ts';
import {edits, type EditName} from './input/line-editor.ts';
import {isOpen, messageText} from './input/multi-line.ts';
import {pickerKeys, promptKeys, searchKeys, type ActionName} from './keys.ts';
import {failureLines, note} from './notices.ts';
import {isSlashCommand, runSlashCommand} from './slash-commands.ts';
import {emptyLine, span} from './styled-text.ts';
import type {Action} from './state.ts';
import type {Store} from './store.ts';
import {glyphs} from './theme.ts';

export interface ChatTools {
	readonly client: Client;
	readonly store: Store;
	/** Null: nothing typed is kept. */
	readonly historyFile: string | null;
	readonly sessionsFolder: string;
	readonly now: () => number;
	/** Draws the screen anew from an empty one. */
	readonly clearScreen: () => void;
	/** Gives the terminal to an editor; the edited text, or undefined when there is none. */
	readonly openEditor: (text: string) => Promise<string>;
	readonly suspend: () => Promise<void>;
}

export interface Chat {
	input(event: InputEvent): void;
	/** Cancels what runs, and ends the chat. */
	leave(): void;
	readonly ended: Promise<void>;
}

/** Turns what is typed into actions and effects. It knows no terminal and draws nothing. */
export function startConversation(tools: ChatTools): Chat {
	const {client, store} = tools;
	const {dispatch} = store;
	const lifetime = new AbortController();
	const names: {models: readonly string[]; sessions: readonly string[]} = {models: [], sessions: []};
	let turn: AbortController | undefined;
	let preloading: AbortController | undefined;
	let working = false;
	let historyFile = tools.historyFile;

	const hint = (text: string): void => dispatch({type: 'candidates-offered', candidates: [text]});
	const fail = (error: unknown): void => dispatch({type: 'lines-printed', lines: failureLines(error)});
	const leave = (): void => lifetime.abort();

	/** A message waits here only while an answer is on its way. */
	const work = async (): Promise<void> => {
		if (working) return;
		working = true;
		for (
			let [next] = store.state().queue;
			next !== undefined && !lifetime.signal.aborted;
			[next] = store.state().queue
		) {
			dispatch({type: 'queue-taken', count: 1});
			if (isSlashCommand(next)) await carryOut(next);
			else await answer(messageText(next));
		}
		working = false;
	};
	const answer = async (text: string): Promise<void> => {
		turn = new AbortController();
		await runTurn(tools, text, AbortSignal.any([turn.signal, lifetime.signal]));
		turn = undefined;
	};
	const carryOut = async (line: string): Promise<void> => {
		dispatch({type: 'lines-printed', lines: [emptyLine, [span(glyphs.prompt, 'prompt'), span(line.trim(), 'dim')]]});
		for (const step of runSlashCommand(line, store.state())) await take(step);
	};
	const take = async (step: Step): Promise<void> => {
		if (isEffect(step)) await perform(step, effectTools);
		else dispatch(step);
	};

	const preload = async (): Promise<void> => {
		preloading?.abort();
		const own = new AbortController();
		preloading = own;
		const {model, settings} = store.state();
		const signal = AbortSignal.any([own.signal, lifetime.signal]);
		dispatch({type: 'load-started', model, now: tools.now()});
		try {
			const keepAlive = settings.keepAlive === null ? {} : {keepAlive: settings.keepAlive};
			for await (const event of untilAborted(
				client.load({model, settings: settings.load, ...keepAlive, signal}),
				signal,
			))
				if (event.type === 'load-progress' && own === preloading)
					dispatch({type: 'load-progressed', fraction: event.fraction});
		} catch (error) {
			// A message that waits for the same load tells about it.
			if (!signal.aborted && turn === undefined) fail(error);
		}
		if (own === preloading) dispatch({type: 'load-ended'});
	};
	const refreshNames = async (): Promise<{readonly models: readonly string[]}> => {
		const models = await client.models();
		names.models = models
			.filter(({tasks}) => tasks.includes('chat') || tasks.includes('completion'))
			.map(({name}) => name);
		names.sessions = await listSessions(tools.sessionsFolder);
		return names;
	};
	const effectTools: EffectTools = {...tools, preload: () => void preload(), refreshNames, leave};

	const remember = (entry: string): void => {
		if (!store.state().settings.history) return;
		dispatch({type: 'history-added', entry});
		if (historyFile === null) return;
		appendHistory(historyFile, entry).catch((error: unknown) => {
			// Said once; what is typed is still remembered until the chat ends.
			if (historyFile === null) return;
			historyFile = null;
			const problem = error instanceof Error ? error.message : String(error);
			dispatch({type: 'lines-printed', lines: note(`what you type is not being saved: ${problem}`)});
		});
	};
	const submit = (): void => {
		const {text} = store.state().draft;
		if (isOpen(text)) return dispatch({type: 'draft-edited', edit: 'insert-newline'});
		dispatch({type: 'draft-replaced', text: ''});
		if (text.trim() === '') return;
		remember(text.trimEnd());
		// Leaving does not wait for the answer.
		if (working && isSlashCommand(text) && runSlashCommand(text, store.state()).some(({type}) => type === 'leave'))
			return leave();
		dispatch({type: 'message-queued', text});
		void work();
	};
	const interrupt = (): void => {
		const {draft, queue} = store.state();
		if (turn !== undefined) {
			turn.abort();
			if (queue.length > 0) {
				dispatch({type: 'queue-taken', count: queue.length});
				dispatch({type: 'draft-replaced', text: [...queue, draft.text].filter(text => text !== '').join('\n')});
			}
		} else if (draft.text !== '') dispatch({type: 'draft-replaced', text: ''});
		else hint('Press Ctrl-D or type /bye to leave.');
	};
	const complete = (): void => {
		const {draft} = store.state();
		const completion = completeDraft(draft, names);
		if (completion === undefined)
			return isSlashCommand(draft.text) ? undefined : dispatch({type: 'text-inserted', text: '    '});
		dispatch({type: 'draft-replaced', ...completion});
		dispatch({type: 'candidates-offered', candidates: completion.candidates});
	};
	const openEditor = async (): Promise<void> => {
		try {
			dispatch({type: 'draft-replaced', text: await tools.openEditor(store.state().draft.text)});
		} catch (error) {
			fail(error);
		}
	};

	const press: {readonly [Name in Exclude<ActionName, EditName>]: () => void} = {
		submit,
		interrupt,
		complete,
		'leave-or-delete': () =>
			store.state().draft.text === '' ? leave() : dispatch({type: 'draft-edited', edit: 'delete-right'}),
		'history-older': () => dispatch({type: 'history-moved', direction: -1}),
		'history-newer': () => dispatch({type: 'history-moved', direction: 1}),
		'line-up': () => dispatch({type: 'draft-moved', direction: -1}),
		'line-down': () => dispatch({type: 'draft-moved', direction: 1}),
		'search-history': () => dispatch({type: 'search-started'}),
		'clear-screen': tools.clearScreen,
		'open-editor': () => void openEditor(),
		suspend: () => void tools.suspend(),
		dismiss: () => dispatch({type: 'candidates-offered', candidates: []}),
	};
	const pressPrompt = (key: string): void => {
		const name = Object.hasOwn(promptKeys, key) ? promptKeys[key] : undefined;
		if (name === undefined) return;
		if (isEdit(name)) dispatch({type: 'draft-edited', edit: name});
		else press[name]();
	};
	const pressPicker = (key: string): void => {
		const {picker} = store.state();
		switch (pickerKeys[key]) {
			case 'choose-previous':
				return dispatch({type: 'picker-moved', direction: -1});
			case 'choose-next':
				return dispatch({type: 'picker-moved', direction: 1});
			case 'choose': {
				const model = picker?.items[picker.index];
				dispatch({type: 'picker-closed'});
				if (model !== undefined && model !== store.state().model)
					void perform({type: 'change-model', model}, effectTools);
				return undefined;
			}
			case 'dismiss':
				return dispatch({type: 'picker-closed'});
			default:
				return undefined;
		}
	};
	const pressSearch = (key: string): void => {
		const query = store.state().search?.query ?? '';
		switch (searchKeys[key]) {
			case 'search-older':
				return dispatch({type: 'search-continued'});
			case 'search-delete':
				return dispatch({type: 'search-typed', query: query.slice(0, -1)});
			case 'dismiss':
				return dispatch({type: 'search-ended', accept: false});
			case 'accept':
				return dispatch({type: 'search-ended', accept: true});
			case 'accept-and-submit':
				dispatch({type: 'search-ended', accept: true});
				return submit();
			default:
				dispatch({type: 'search-ended', accept: true});
				return pressPrompt(key);
		}
	};
	const insert = (text: string): void => {
		const {search, picker} = store.state();
		if (search !== null) dispatch({type: 'search-typed', query: search.query + text.replaceAll('\n', ' ')});
		else if (picker === null) dispatch({type: 'text-inserted', text});
	};

	void preload();
	// Only Tab needs them; a daemon that does not answer is told about by the load.
	refreshNames().catch(() => undefined);
	if (historyFile !== null)
		readHistory(historyFile).then(
			entries => dispatch({type: 'history-loaded', entries}),
			(error: unknown) => hint(`the history cannot be read: ${error instanceof Error ? error.message : String(error)}`),
		);

	return {
		leave,
		ended: new Promise(resolve => {
			lifetime.signal.addEventListener('abort', () => resolve(), {once: true});
		}),
		input(event) {
			if (event.type !== 'key') return insert(event.text);
			const {search, picker} = store.state();
			if (picker !== null) return pressPicker(event.key);
			return search === null ? pressPrompt(event.key) : pressSearch(event.key);
		},
	};
}

function isEdit(name: ActionName): name is EditName {
	return Object.hasOwn(edits, name);
}

const effects: {readonly [Type in Effect['type']]: true} = {
	leave: true,
	'choose-model': true,
	'change-model': true,
	'reload-model': true,
	'show-model': true,
	'save-session': true,
	'load-session': true,
	'read-schema': true,
	'list-models': true,
};

function isEffect(step: Effect | Action): step is Effect {
	return Object.hasOwn(effects, step.type);
}
