import type {AnswerStream} from './answer-stream.ts';
import type {ChatMessage, ChatSettings, SeenPicture} from './chat-settings.ts';
import {emptyDraft, type Draft, type EditName} from './input/line-editor.ts';
import type {Line} from './styled-text.ts';

/** Everything on the screen follows from this. Changed by `reduce` alone. */
export interface ChatState {
	readonly model: string;
	readonly task: 'chat' | 'completion';
	/** The model takes pictures: files of them that a message names are sent with it. */
	readonly sees: boolean;
	readonly settings: ChatSettings;
	readonly messages: readonly ChatMessage[];
	/** Rows that are done. They are printed once, in order, and never touched again. */
	readonly printed: readonly Line[];
	readonly draft: Draft;
	/** Messages sent while an answer was still coming, oldest first. */
	readonly queue: readonly string[];
	readonly turn: Turn | null;
	/** A load that no message waits for. */
	readonly loading: {readonly model: string; readonly fraction: number | null; readonly since: number} | null;
	readonly picker: Picker | null;
	readonly search: Search | null;
	readonly history: History;
	/** What Tab could complete to, under the line until the next key. */
	readonly candidates: readonly string[];
	/** Pictures that were sent, by their names. */
	readonly pictures: readonly SeenPicture[];
	/** Warnings that were already given. */
	readonly warned: readonly string[];
	readonly size: {readonly columns: number; readonly rows: number};
	/** Nothing is drawn: an editor has the screen, or the program is on its way out. */
	readonly hidden: boolean;
}

/** One message and what came of it so far. Times are of the clock that actions carry. */
export interface Turn {
	readonly phase: 'waiting' | 'loading' | 'thinking' | 'answering';
	readonly since: number;
	readonly prompt: string;
	readonly fraction: number | null;
	readonly thinking: string;
	readonly text: string;
	readonly thinkingSince: number | null;
	readonly stream: AnswerStream;
}

export interface Picker {
	readonly title: string;
	readonly items: readonly string[];
	readonly index: number;
}

export interface Search {
	readonly query: string;
	/** Of the entry found, in `history.entries`; -1: none. */
	readonly found: number;
	readonly before: Draft;
}

export interface History {
	readonly entries: readonly string[];
	/** Which entry is shown; `entries.length` is the line being written. */
	readonly index: number;
	readonly unfinished: string;
}

export type Action =
	| {readonly type: 'screen-resized'; readonly columns: number; readonly rows: number}
	| {readonly type: 'screen-hidden'; readonly hidden: boolean}
	| {readonly type: 'draft-edited'; readonly edit: EditName}
	| {readonly type: 'draft-moved'; readonly direction: -1 | 1}
	| {readonly type: 'text-inserted'; readonly text: string}
	| {readonly type: 'draft-replaced'; readonly text: string; readonly cursor?: number}
	| {readonly type: 'candidates-offered'; readonly candidates: readonly string[]}
	| {readonly type: 'history-loaded'; readonly entries: readonly string[]}
	| {readonly type: 'history-added'; readonly entry: string}
	| {readonly type: 'history-moved'; readonly direction: -1 | 1}
	| {readonly type: 'search-started'}
	| {readonly type: 'search-typed'; readonly query: string}
	| {readonly type: 'search-continued'}
	| {readonly type: 'search-ended'; readonly accept: boolean}
	| {readonly type: 'picker-opened'; readonly picker: Picker}
	| {readonly type: 'picker-moved'; readonly direction: -1 | 1}
	| {readonly type: 'picker-closed'}
	| {readonly type: 'lines-printed'; readonly lines: readonly Line[]}
	| {readonly type: 'settings-changed'; readonly settings: ChatSettings}
	| {readonly type: 'model-changed'; readonly model: string; readonly task: ChatState['task']; readonly sees: boolean}
	| {readonly type: 'conversation-replaced'; readonly messages: readonly ChatMessage[]}
	| {readonly type: 'warning-given'; readonly warning: string}
	| {readonly type: 'load-started'; readonly model: string; readonly now: number}
	| {readonly type: 'load-progressed'; readonly fraction: number}
	| {readonly type: 'load-ended'}
	| {readonly type: 'message-queued'; readonly text: string}
	| {readonly type: 'queue-taken'; readonly count: number}
	| {
			readonly type: 'turn-started';
			readonly prompt: string;
			readonly pictures?: readonly SeenPicture[];
			readonly now: number;
	  }
	| {readonly type: 'turn-progressed'; readonly fraction: number}
	| {readonly type: 'turn-loaded'}
	| {readonly type: 'thinking-arrived'; readonly text: string; readonly now: number}
	| {readonly type: 'text-arrived'; readonly text: string; readonly now: number}
	| {readonly type: 'turn-ended'; readonly cut: boolean; readonly now: number};

export function initialState(
	options: Pick<ChatState, 'model' | 'task' | 'settings' | 'size'> & {readonly sees?: boolean},
): ChatState {
	return {
		sees: false,
		...options,
		messages: [],
		printed: [],
		draft: emptyDraft,
		queue: [],
		turn: null,
		loading: null,
		picker: null,
		search: null,
		history: {entries: [], index: 0, unfinished: ''},
		candidates: [],
		pictures: [],
		warned: [],
		hidden: false,
	};
}

/** A pure step for each of some actions. */
export type Reducers<T extends Action['type']> = {
	readonly [K in T]: (state: ChatState, action: Extract<Action, {readonly type: K}>) => ChatState;
};
