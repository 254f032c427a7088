import {draftReducers} from './reducers/draft.ts';
import {historyReducers} from './reducers/history.ts';
import {screenReducers} from './reducers/screen.ts';
import {turnReducers} from './reducers/turn.ts';
import type {Action, ChatState, Reducers} from './state.ts';

const reducers: Reducers<Action['type']> = {...draftReducers, ...historyReducers, ...screenReducers, ...turnReducers};

/** The next state. Pure: no clock, no files, no terminal. */
export function reduce(state: ChatState, action: Action): ChatState {
	const reducer = reducers[action.type] as (state: ChatState, action: Action) => ChatState;
	return reducer(state, action);
}
