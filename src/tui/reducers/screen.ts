import {hardWrap, wrapLine, type Line} from '../styled-text.ts';
import type {ChatState, Reducers} from '../state.ts';

/** What is printed, chosen and set. */
export const screenReducers: Reducers<
	| 'screen-resized'
	| 'screen-hidden'
	| 'picker-opened'
	| 'picker-moved'
	| 'picker-closed'
	| 'lines-printed'
	| 'settings-changed'
	| 'model-changed'
	| 'conversation-replaced'
	| 'warning-given'
	| 'load-started'
	| 'load-progressed'
	| 'load-ended'
> = {
	'screen-resized': (state, {columns, rows}) => ({...state, size: {columns, rows}}),
	'screen-hidden': (state, {hidden}) => ({...state, hidden}),
	'picker-opened': (state, {picker}) => ({...state, picker}),
	'picker-moved'(state, {direction}) {
		if (state.picker === null) return state;
		const {items, index} = state.picker;
		return {...state, picker: {...state.picker, index: (index + direction + items.length) % items.length}};
	},
	'picker-closed': state => ({...state, picker: null}),
	'lines-printed': (state, {lines}) => print(state, wrapAll(state, lines)),
	'settings-changed': (state, {settings}) => ({...state, settings}),
	'model-changed': (state, {model, task, sees}) => ({...state, model, task, sees}),
	'conversation-replaced': (state, {messages}) => ({...state, messages}),
	'warning-given': (state, {warning}) => ({...state, warned: [...state.warned, warning]}),
	'load-started': (state, {model, now}) => ({...state, loading: {model, fraction: null, since: now}}),
	'load-progressed': (state, {fraction}) =>
		state.loading === null ? state : {...state, loading: {...state.loading, fraction}},
	'load-ended': state => ({...state, loading: null}),
};

export function print(state: ChatState, lines: readonly Line[]): ChatState {
	return lines.length === 0 ? state : {...state, printed: [...state.printed, ...lines]};
}

/** The chat's own words always fit the screen; long words break. */
function wrapAll({size}: ChatState, lines: readonly Line[]): readonly Line[] {
	return lines.flatMap(line => wrapLine(line, size.columns)).flatMap(line => hardWrap(line, size.columns));
}
