import {draftOf, edits, insertText, moveVertically, replaceText} from '../input/line-editor.ts';
import type {Reducers} from '../state.ts';
import {historyReducers} from './history.ts';

/** The line being typed. */
export const draftReducers: Reducers<
	'draft-edited' | 'draft-moved' | 'text-inserted' | 'draft-replaced' | 'candidates-offered'
> = {
	'draft-edited': (state, {edit}) => ({...state, draft: edits[edit](state.draft), candidates: []}),
	'draft-moved'(state, {direction}) {
		const moved = moveVertically(state.draft, direction);
		if (moved !== undefined) return {...state, draft: moved, candidates: []};
		return historyReducers['history-moved'](state, {type: 'history-moved', direction});
	},
	'text-inserted': (state, {text}) => ({...state, draft: insertText(state.draft, text), candidates: []}),
	'draft-replaced': (state, {text, cursor}) => ({
		...state,
		draft: cursor === undefined ? replaceText(state.draft, text) : {...draftOf(text, state.draft.killed), cursor},
		candidates: [],
	}),
	'candidates-offered': (state, {candidates}) => ({...state, candidates}),
};
