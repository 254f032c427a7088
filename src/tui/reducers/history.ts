import {historyLimit} from '../effects/history-file.ts';
import {replaceText} from '../input/line-editor.ts';
import type {ChatState, Reducers} from '../state.ts';

/** Earlier messages: going through them and searching them. */
export const historyReducers: Reducers<
	| 'history-loaded'
	| 'history-added'
	| 'history-moved'
	| 'search-started'
	| 'search-typed'
	| 'search-continued'
	| 'search-ended'
> = {
	'history-loaded': (state, {entries}) => atEnd(state, [...entries, ...state.history.entries]),
	'history-added'(state, {entry}) {
		const {entries} = state.history;
		return atEnd(state, entries.at(-1) === entry ? entries : [...entries, entry]);
	},
	'history-moved'(state, {direction}) {
		const {entries, index, unfinished} = state.history;
		const next = index + direction;
		if (next < 0 || next > entries.length) return state;
		const kept = index === entries.length ? state.draft.text : unfinished;
		return {
			...state,
			draft: replaceText(state.draft, entries[next] ?? kept),
			history: {entries, index: next, unfinished: kept},
			candidates: [],
		};
	},
	'search-started': state => ({
		...state,
		search: {query: '', found: -1, before: state.draft},
		candidates: [],
	}),
	'search-typed': (state, {query}) =>
		state.search === null ? state : search(state, query, state.history.entries.length - 1),
	'search-continued': state =>
		state.search === null || state.search.found <= 0
			? state
			: search(state, state.search.query, state.search.found - 1),
	'search-ended'(state, {accept}) {
		if (state.search === null) return state;
		const found = state.history.entries[state.search.found];
		const draft = accept && found !== undefined ? replaceText(state.search.before, found) : state.search.before;
		return {...state, search: null, draft};
	},
};

function atEnd(state: ChatState, entries: readonly string[]): ChatState {
	const kept = entries.slice(-historyLimit);
	return {...state, history: {entries: kept, index: kept.length, unfinished: ''}};
}

/** The newest entry at or before an index that has the query in it. Keeps the last find when there is none. */
function search(state: ChatState, query: string, from: number): ChatState {
	if (state.search === null) return state;
	const wanted = query.toLowerCase();
	const index = state.history.entries.findLastIndex(
		(entry, position) => position <= from && query !== '' && entry.toLowerCase().includes(wanted),
	);
	const found = index === -1 && query === state.search.query ? state.search.found : index;
	return {...state, search: {...state.search, query, found}};
}
