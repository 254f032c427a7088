import type {Action, ChatState} from '../state.ts';

/** What a command wants done beyond changing the state. The controller is the one place that does it. */
export type Effect =
	| {readonly type: 'leave'}
	| {readonly type: 'choose-model'}
	| {readonly type: 'change-model'; readonly model: string}
	| {readonly type: 'reload-model'}
	| {readonly type: 'show-model'; readonly part: 'info' | 'template'}
	| {readonly type: 'save-session'; readonly name: string}
	| {readonly type: 'load-session'; readonly name: string}
	| {readonly type: 'read-schema'; readonly file: string}
	| {readonly type: 'list-models'};

export type Step = Action | Effect;

export type Completes = 'models' | 'sessions' | 'commands' | readonly string[];

/** A line that begins with a slash, as data. `/set` and `/show` hold tables of the same shape. */
export interface ChatCommand {
	readonly name: string;
	readonly aliases?: readonly string[];
	/** How its arguments are written, empty for none. */
	readonly usage: string;
	readonly summary: string;
	readonly completes?: Completes;
	readonly commands?: readonly ChatCommand[];
	/** Pure: the steps that carry it out. `text` is what came after the name, without white space around it. */
	readonly run: (text: string, state: ChatState) => readonly Step[];
}

/** Finds by name or alias. */
export function findCommand(commands: readonly ChatCommand[], name: string): ChatCommand | undefined {
	return commands.find(command => command.name === name || command.aliases?.includes(name) === true);
}

export function splitWord(text: string): readonly [word: string, rest: string] {
	const [, word = '', rest = ''] = /^(\S*)\s*([\s\S]*)$/.exec(text.trim()) ?? [];
	return [word, rest.trim()];
}
