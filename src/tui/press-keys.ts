import type {InputEvent} from './input/key-decoder.ts';
import {edits, type EditName} from './input/line-editor.ts';
import {pickerKeys, promptKeys, searchKeys, type ActionName} from './keys.ts';
import type {Store} from './store.ts';

/** What keys can ask for that is more than a change of the state. */
export interface KeyHandlers {
	readonly submit: () => void;
	readonly interrupt: () => void;
	readonly leave: () => void;
	readonly complete: () => void;
	readonly clearScreen: () => void;
	readonly openEditor: () => void;
	readonly suspend: () => void;
	readonly choose: (item: string) => void;
}

/** Gives each key the meaning it has now: in the line, in a search, or in a list to choose from. */
export function pressKeys(store: Store, handlers: KeyHandlers): (event: InputEvent) => void {
	const prompt = promptPresses(store, handlers);
	const search = searchPresses(store, handlers, prompt);
	const picker = pickerPresses(store, handlers);
	return event => {
		const mode = store.state();
		if (event.type === 'key') {
			if (mode.picker !== null) picker(event.key);
			else if (mode.search !== null) search(event.key);
			else prompt(event.key);
		} else if (mode.search !== null) {
			store.dispatch({type: 'search-typed', query: mode.search.query + event.text.replaceAll('\n', ' ')});
		} else if (mode.picker === null) store.dispatch({type: 'text-inserted', text: event.text});
	};
}

type Press = (key: string) => void;

function promptPresses({state, dispatch}: Store, handlers: KeyHandlers): Press {
	const actions: {readonly [Name in Exclude<ActionName, EditName>]: () => void} = {
		submit: handlers.submit,
		interrupt: handlers.interrupt,
		complete: handlers.complete,
		'clear-screen': handlers.clearScreen,
		'open-editor': handlers.openEditor,
		suspend: handlers.suspend,
		'leave-or-delete': () =>
			state().draft.text === '' ? handlers.leave() : dispatch({type: 'draft-edited', edit: 'delete-right'}),
		'history-older': () => dispatch({type: 'history-moved', direction: -1}),
		'history-newer': () => dispatch({type: 'history-moved', direction: 1}),
		'line-up': () => dispatch({type: 'draft-moved', direction: -1}),
		'line-down': () => dispatch({type: 'draft-moved', direction: 1}),
		'search-history': () => dispatch({type: 'search-started'}),
		dismiss: () => dispatch({type: 'candidates-offered', candidates: []}),
	};
	return key => {
		const name = named(promptKeys, key);
		if (name === undefined) return;
		if (isEdit(name)) dispatch({type: 'draft-edited', edit: name});
		else actions[name]();
	};
}

function searchPresses({state, dispatch}: Store, handlers: KeyHandlers, prompt: Press): Press {
	return key => {
		const query = state().search?.query ?? '';
		switch (named(searchKeys, key)) {
			case 'search-older':
				return dispatch({type: 'search-continued'});
			case 'search-delete':
				return dispatch({
					type: 'search-typed',
					query: edits['delete-left']({text: query, cursor: query.length, killed: ''}).text,
				});
			case 'dismiss':
				return dispatch({type: 'search-ended', accept: false});
			case 'accept':
				return dispatch({type: 'search-ended', accept: true});
			case 'accept-and-submit':
				dispatch({type: 'search-ended', accept: true});
				return handlers.submit();
			default:
				dispatch({type: 'search-ended', accept: true});
				return prompt(key);
		}
	};
}

function pickerPresses({state, dispatch}: Store, handlers: KeyHandlers): Press {
	return key => {
		const {picker} = state();
		switch (named(pickerKeys, key)) {
			case 'choose-previous':
				return dispatch({type: 'picker-moved', direction: -1});
			case 'choose-next':
				return dispatch({type: 'picker-moved', direction: 1});
			case 'choose': {
				const chosen = picker?.items[picker.index];
				dispatch({type: 'picker-closed'});
				return chosen === undefined ? undefined : handlers.choose(chosen);
			}
			case 'dismiss':
				return dispatch({type: 'picker-closed'});
			default:
				return undefined;
		}
	};
}

function named<Name>(keys: Readonly<Record<string, Name>>, key: string): Name | undefined {
	return Object.hasOwn(keys, key) ? keys[key] : undefined;
}

function isEdit(name: ActionName): name is EditName {
	return Object.hasOwn(edits, name);
}
