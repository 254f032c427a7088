import type {EditName} from './input/line-editor.ts';

export type ActionName =
	| EditName
	| 'submit'
	| 'interrupt'
	| 'leave-or-delete'
	| 'history-older'
	| 'history-newer'
	| 'line-up'
	| 'line-down'
	| 'search-history'
	| 'complete'
	| 'clear-screen'
	| 'open-editor'
	| 'suspend'
	| 'dismiss';

export type PickerActionName = 'choose-previous' | 'choose-next' | 'choose' | 'dismiss';
export type SearchActionName = 'search-older' | 'search-delete' | 'accept' | 'accept-and-submit' | 'dismiss';

/** Keys while a message is being typed. */
export const promptKeys: Readonly<Record<string, ActionName>> = {
	enter: 'submit',
	'ctrl-j': 'insert-newline',
	'alt-enter': 'insert-newline',
	'shift-enter': 'insert-newline',
	'ctrl-a': 'move-line-start',
	home: 'move-line-start',
	'ctrl-e': 'move-line-end',
	end: 'move-line-end',
	'ctrl-b': 'move-left',
	left: 'move-left',
	'ctrl-f': 'move-right',
	right: 'move-right',
	'alt-b': 'move-word-left',
	'ctrl-left': 'move-word-left',
	'alt-left': 'move-word-left',
	'alt-f': 'move-word-right',
	'ctrl-right': 'move-word-right',
	'alt-right': 'move-word-right',
	backspace: 'delete-left',
	'ctrl-h': 'delete-left',
	'shift-backspace': 'delete-left',
	delete: 'delete-right',
	'ctrl-d': 'leave-or-delete',
	'ctrl-k': 'kill-line-end',
	'ctrl-u': 'kill-line-start',
	'ctrl-w': 'kill-space-word-left',
	'alt-backspace': 'kill-word-left',
	'ctrl-backspace': 'kill-word-left',
	'alt-d': 'kill-word-right',
	'ctrl-delete': 'kill-word-right',
	'ctrl-y': 'yank',
	'ctrl-t': 'swap-graphemes',
	up: 'line-up',
	down: 'line-down',
	'ctrl-p': 'history-older',
	'ctrl-n': 'history-newer',
	'ctrl-r': 'search-history',
	tab: 'complete',
	'ctrl-l': 'clear-screen',
	'ctrl-g': 'open-editor',
	'ctrl-z': 'suspend',
	'ctrl-c': 'interrupt',
	escape: 'dismiss',
};

/** Keys while one of several is being chosen. */
export const pickerKeys: Readonly<Record<string, PickerActionName>> = {
	up: 'choose-previous',
	'ctrl-p': 'choose-previous',
	'shift-tab': 'choose-previous',
	down: 'choose-next',
	'ctrl-n': 'choose-next',
	tab: 'choose-next',
	enter: 'choose',
	escape: 'dismiss',
	'ctrl-c': 'dismiss',
	'ctrl-g': 'dismiss',
	'ctrl-d': 'dismiss',
};

/** Keys while the history is being searched; any other key accepts what was found and then does its own work. */
export const searchKeys: Readonly<Record<string, SearchActionName>> = {
	'ctrl-r': 'search-older',
	backspace: 'search-delete',
	'ctrl-h': 'search-delete',
	enter: 'accept-and-submit',
	tab: 'accept',
	escape: 'dismiss',
	'ctrl-c': 'dismiss',
	'ctrl-g': 'dismiss',
};

/** What `/help keys` prints; a test holds it to the table above. */
export const keyHelp: ReadonlyArray<{readonly keys: readonly string[]; readonly does: string}> = [
	{keys: ['enter'], does: 'send the message'},
	{keys: ['ctrl-j', 'alt-enter'], does: 'start a new line; or put """ before and after'},
	{keys: ['tab'], does: 'complete a command, a model or a session'},
	{keys: ['up', 'down', 'ctrl-p', 'ctrl-n'], does: 'go through earlier messages'},
	{keys: ['ctrl-r'], does: 'search earlier messages'},
	{keys: ['ctrl-a', 'ctrl-e'], does: 'go to the start or the end of the line'},
	{keys: ['ctrl-b', 'ctrl-f'], does: 'go one character back or forth'},
	{keys: ['alt-b', 'alt-f'], does: 'go one word back or forth'},
	{keys: ['ctrl-w', 'alt-d'], does: 'delete the word before or after'},
	{keys: ['ctrl-u', 'ctrl-k'], does: 'delete to the start or the end of the line'},
	{keys: ['ctrl-y'], does: 'bring back what was deleted'},
	{keys: ['ctrl-g'], does: 'write the message in your editor'},
	{keys: ['ctrl-l'], does: 'clear the screen'},
	{keys: ['ctrl-z'], does: 'suspend mofa; fg brings it back'},
	{keys: ['ctrl-c'], does: 'stop the answer, or drop the line'},
	{keys: ['ctrl-d'], does: 'leave, when the line is empty'},
];
