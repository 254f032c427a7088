import {similar} from '../lib/similar.ts';
import {findCommand, splitWord, type ChatCommand, type Step} from './commands/command.ts';
import {helpLines} from './commands/help.ts';
import {namesOption, setCommands, setOption} from './commands/set.ts';
import {showCommands} from './commands/show.ts';
import {isSessionName} from './effects/session-file.ts';
import {note} from './notices.ts';
import type {ChatState} from './state.ts';

/** Every command of the chat. Help and completion read this table too. */
export const slashCommands: readonly ChatCommand[] = [
	{
		name: 'set',
		usage: 'NAME [VALUE]',
		summary: 'change a setting of this chat',
		commands: setCommands,
		run: (text, state) => (namesOption(text) ? setOption(text, state) : within('set', setCommands, text, state)),
	},
	{
		name: 'show',
		usage: 'WHAT',
		summary: 'show the model, the settings or the conversation',
		commands: showCommands,
		run: (text, state) => within('show', showCommands, text, state),
	},
	{
		name: 'model',
		usage: '[NAME]',
		summary: 'go on with another model; no name: choose from a list',
		completes: 'models',
		run: text => (text === '' ? [{type: 'choose-model'}] : [{type: 'change-model', model: text}]),
	},
	{
		name: 'save',
		usage: 'NAME',
		summary: 'save this conversation and its settings',
		completes: 'sessions',
		run: text => namedSession(text, 'save', name => [{type: 'save-session', name}]),
	},
	{
		name: 'load',
		usage: 'NAME',
		summary: 'go on with a saved conversation',
		completes: 'sessions',
		run: text => namedSession(text, 'load', name => [{type: 'load-session', name}]),
	},
	{
		name: 'clear',
		usage: '',
		summary: 'forget the conversation, keep the settings',
		run: () => [{type: 'conversation-replaced', messages: []}, ...say('the conversation starts anew')],
	},
	{
		name: 'list',
		aliases: ['ls'],
		usage: '',
		summary: 'list the models on this machine',
		run: () => [{type: 'list-models'}],
	},
	{
		name: 'help',
		aliases: ['?'],
		usage: '[TOPIC]',
		summary: 'show the commands, the keys, or help for one command',
		completes: 'commands',
		run(text) {
			const lines = helpLines(text, slashCommands);
			return lines === undefined
				? unknown(text.replace(/^\//, ''), slashCommands, '/')
				: [{type: 'lines-printed', lines}];
		},
	},
	{
		name: 'bye',
		aliases: ['exit', 'quit'],
		usage: '',
		summary: 'leave (or press Ctrl-D)',
		run: () => [{type: 'leave'}],
	},
];

/** A path such as /tmp/x.txt is no command, and neither is a lone slash in a sentence. */
export function isSlashCommand(text: string): boolean {
	return /^\/(?:[a-z?][\w-]*)?(?:\s|$)/i.test(text.trim());
}

/** The steps that carry a line out. Never throws; what is wrong with the line is said in words. */
export function runSlashCommand(line: string, state: ChatState): readonly Step[] {
	const [word, text] = splitWord(line.trim().slice(1));
	const name = word.toLowerCase();
	if (name === '') return runSlashCommand('/help', state);
	const command = findCommand(slashCommands, name);
	return command === undefined ? unknown(name, slashCommands, '/') : command.run(text, state);
}

function within(parent: string, commands: readonly ChatCommand[], line: string, state: ChatState): readonly Step[] {
	const [name, text] = splitWord(line);
	if (name === '') return runSlashCommand(`/help ${parent}`, state);
	const command = findCommand(commands, name.toLowerCase());
	return command === undefined ? unknown(name, commands, `/${parent} `) : command.run(text, state);
}

function namedSession(name: string, verb: string, steps: (name: string) => readonly Step[]): readonly Step[] {
	if (name === '') return say(`/${verb} needs a name`);
	return isSessionName(name) ? steps(name) : say('a name is up to 64 letters, digits, dots, dashes and underscores');
}

function unknown(name: string, commands: readonly ChatCommand[], prefix: string): readonly Step[] {
	const names = commands.flatMap(command => [command.name, ...(command.aliases ?? [])]);
	const near = similar(name, names, 2).map(found => prefix + found);
	const where = prefix === '/' ? '/help' : `/help ${prefix.slice(1).trim()}`;
	return say(
		`there is no ${prefix}${name}; ${near.length > 0 ? `did you mean ${near.join(' or ')}?` : `${where} shows what there is`}`,
	);
}

function say(text: string): readonly Step[] {
	return [{type: 'lines-printed', lines: note(text)}];
}
