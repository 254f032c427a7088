import type {ChatSettings, Think} from '../chat-settings.ts';
import {changeOption, chatOptions} from '../model-options.ts';
import {note, table} from '../notices.ts';
import {similar} from '../../lib/similar.ts';
import type {ChatState} from '../state.ts';
import {unquoted} from '../input/multi-line.ts';
import type {ChatCommand, Step} from './command.ts';

type Switch = Partial<ChatSettings>;

/** What `/set` can set. Names that Ollama's users know work too. */
export const setCommands: readonly ChatCommand[] = [
	{
		name: 'system',
		usage: 'TEXT',
		summary: 'instructions the model follows from now on; nothing: none',
		run(text, state) {
			const system = unquoted(text);
			return change(
				state,
				{system: system === '' ? null : system},
				system === '' ? 'no instructions' : 'instructions set',
			);
		},
	},
	{
		name: 'think',
		usage: '[low|medium|high]',
		summary: 'let the model think before it answers',
		completes: ['low', 'medium', 'high'],
		run(text, state) {
			const efforts: readonly Think[] = ['low', 'medium', 'high'];
			const think =
				text === '' || text === 'on' ? true : text === 'off' ? false : efforts.find(effort => effort === text);
			if (think === undefined) return say(`think takes low, medium or high, not "${text}"`);
			return change(
				state,
				{think},
				think === false
					? 'answers without thinking'
					: `thinks before answering${text && text !== 'on' ? ` (${text})` : ''}`,
			);
		},
	},
	toggle('nothink', 'answer without thinking', {think: false}),
	toggle('show-thinking', 'show what the model thinks', {hideThinking: false}),
	toggle('hide-thinking', 'let the model think, but do not show it', {hideThinking: true}, ['hidethinking']),
	{
		name: 'format',
		usage: 'json|FILE',
		summary: 'answers are JSON, or obey the JSON schema in a file',
		completes: ['json'],
		run(text, state) {
			if (text === '') return say('format takes json, or the path of a JSON schema');
			if (text !== 'json') return [{type: 'read-schema', file: unquoted(text)}];
			return change(state, {format: {name: 'json', format: {type: 'json'}}}, 'answers are JSON');
		},
	},
	toggle('noformat', 'answers are free text', {format: null}),
	{
		name: 'option',
		aliases: ['parameter'],
		usage: 'NAME [VALUE]',
		summary: 'a setting such as temperature 0.2; no value: the default',
		completes: Object.keys(chatOptions),
		run: setOption,
	},
	toggle('verbose', 'print timings and token counts after each answer', {verbose: true}),
	toggle('quiet', 'print answers only', {verbose: false}),
	toggle('history', 'remember what is typed', {history: true}),
	toggle('nohistory', 'remember nothing from now on', {history: false}),
	toggle('wordwrap', 'break long lines between words', {wordWrap: true}),
	toggle('nowordwrap', 'leave long lines to the terminal', {wordWrap: false}),
];

/** The name of an option that stands where a command of `/set` would. */
export function namesOption(line: string): boolean {
	const [name = ''] = /^[^\s=]*/.exec(line) ?? [];
	return Object.hasOwn(chatOptions, name);
}

export function setOption(text: string, state: ChatState): readonly Step[] {
	const [, name = '', rest = ''] = /^([^\s=]*)\s*=?\s*([\s\S]*)$/.exec(text) ?? [];
	if (name === '')
		return [
			{
				type: 'lines-printed',
				lines: table(Object.entries(chatOptions).map(([option, {summary}]) => [option, summary])),
			},
		];
	const result = changeOption(state.settings, name, rest === '' ? null : unquoted(rest));
	if (!result.ok) return say(`${name} takes ${result.expected}, not "${rest}"`);
	const near = result.known ? [] : similar(name, Object.keys(chatOptions));
	const doubt =
		result.known || rest === ''
			? ''
			: ` (mofa does not know this one${near.length > 0 ? `; did you mean ${near.join(', ')}?` : ''})`;
	const said = rest === '' ? `${name} as the model has it` : `${name} is ${rest}${doubt}`;
	const reload: readonly Step[] = name === 'num_ctx' ? [{type: 'reload-model'}] : [];
	return [{type: 'settings-changed', settings: result.settings}, ...say(said), ...reload];
}

function toggle(name: string, summary: string, patch: Switch, aliases: readonly string[] = []): ChatCommand {
	return {name, aliases, usage: '', summary, run: (_text, state) => change(state, patch, summary)};
}

function change(state: ChatState, patch: Switch, said: string): readonly Step[] {
	return [{type: 'settings-changed', settings: {...state.settings, ...patch}}, ...say(said)];
}

function say(text: string): readonly Step[] {
	return [{type: 'lines-printed', lines: note(text)}];
}
