import type {Client} from '../client/client.ts';
import {completeDraft} from './completion.ts';
import {keepHistory} from './effects/keep-history.ts';
import {createNames} from './effects/names.ts';
import {perform, type EffectTools} from './effects/perform.ts';
import {createPreload} from './effects/preload.ts';
import {runTurn} from './effects/run-turn.ts';
import {createWorker} from './effects/worker.ts';
import type {InputEvent} from './input/key-decoder.ts';
import {isOpen} from './input/multi-line.ts';
import {failureLines} from './notices.ts';
import {pressKeys} from './press-keys.ts';
import {isSlashCommand, runSlashCommand} from './slash-commands.ts';
import type {Store} from './store.ts';

export interface ChatTools {
	readonly client: Client;
	readonly store: Store;
	/** Null: nothing typed is kept. */
	readonly historyFile: string | null;
	readonly sessionsFolder: string;
	readonly now: () => number;
	/** Draws the screen anew from an empty one. */
	readonly clearScreen: () => void;
	/** Gives the terminal to an editor and resolves to what it made of the text. */
	readonly openEditor: (text: string) => Promise<string>;
	readonly suspend: () => Promise<void>;
}

export interface Chat {
	readonly input: (event: InputEvent) => void;
	/** Cancels what runs, and ends the chat. */
	readonly leave: () => void;
	/** Resolves when the user has left and what was typed is saved. */
	readonly ended: Promise<void>;
}

/** Turns what is typed into actions and effects. It knows no terminal and draws nothing. */
export function openChat(tools: ChatTools): Chat {
	const {client, store} = tools;
	const {state, dispatch} = store;
	const lifetime = new AbortController();
	const leave = (): void => lifetime.abort();
	const history = keepHistory(store, tools.historyFile);
	const names = createNames(client, tools.sessionsFolder);
	const preload = createPreload(tools, lifetime.signal);
	const effectTools: EffectTools = {...tools, leave, refreshNames: names.refresh, preload: () => void preload()};
	const worker = createWorker(
		{
			store,
			answer: (text, signal) => runTurn(tools, text, signal),
			perform: effect => perform(effect, effectTools),
		},
		lifetime.signal,
	);

	const input = pressKeys(store, {
		leave,
		clearScreen: tools.clearScreen,
		suspend: () => void tools.suspend(),
		submit() {
			const {text} = state().draft;
			if (isOpen(text)) return dispatch({type: 'draft-edited', edit: 'insert-newline'});
			dispatch({type: 'draft-replaced', text: ''});
			if (text.trim() === '') return;
			history.remember(text.trimEnd());
			// Leaving does not wait for the answer.
			if (worker.busy() && asksToLeave(text)) leave();
			else worker.send(text);
		},
		interrupt() {
			const {draft, queue} = state();
			if (worker.stop()) {
				// What was sent ahead goes back into the line: it was meant for another moment.
				const ahead = [...queue, draft.text].filter(text => text !== '').join('\n');
				dispatch({type: 'queue-taken', count: queue.length});
				if (queue.length > 0) dispatch({type: 'draft-replaced', text: ahead});
			} else if (draft.text !== '') dispatch({type: 'draft-replaced', text: ''});
			else dispatch({type: 'candidates-offered', candidates: ['Press Ctrl-D or type /bye to leave.']});
		},
		complete() {
			const {draft} = state();
			const completion = completeDraft(draft, names.current());
			if (completion !== undefined) {
				dispatch({type: 'draft-replaced', ...completion});
				dispatch({type: 'candidates-offered', candidates: completion.candidates});
			} else if (!isSlashCommand(draft.text)) dispatch({type: 'text-inserted', text: '    '});
		},
		openEditor() {
			tools.openEditor(state().draft.text).then(
				text => dispatch({type: 'draft-replaced', text}),
				(error: unknown) => dispatch({type: 'lines-printed', lines: failureLines(error)}),
			);
		},
		choose(model) {
			if (model !== state().model) void perform({type: 'change-model', model}, effectTools);
		},
	});

	const asksToLeave = (text: string): boolean =>
		isSlashCommand(text) && runSlashCommand(text, state()).some(({type}) => type === 'leave');

	void preload();
	void history.load();
	// Only Tab needs them; a daemon that does not answer is told about by the load.
	names.refresh().catch(() => undefined);
	return {
		input,
		leave,
		ended: new Promise<void>(resolve => {
			lifetime.signal.addEventListener('abort', () => resolve(), {once: true});
		}).then(history.saved),
	};
}
