import {keyHelp} from '../keys.ts';
import {note, table} from '../notices.ts';
import {span, type Line} from '../styled-text.ts';
import {findCommand, splitWord, type ChatCommand} from './command.ts';

/** `/help`, `/help keys`, `/help set`: made from the tables, so it cannot be wrong about them. */
export function helpLines(topic: string, commands: readonly ChatCommand[]): readonly Line[] | undefined {
	const [name] = splitWord(topic.replace(/^\//, ''));
	if (name === '')
		return [...commandTable(commands, '/'), ...note('/help keys shows the keys; /help set what can be set')];
	if (name === 'keys' || name === 'shortcuts') return keyTable();
	const command = findCommand(commands, name);
	if (command === undefined) return undefined;
	const head: Line = [span(usageOf(command, '/'), 'marker'), span(`  ${command.summary}`)];
	return [head, ...(command.commands === undefined ? [] : commandTable(command.commands, `/${command.name} `))];
}

export function usageOf(command: ChatCommand, prefix: string): string {
	return `${prefix}${command.name}${command.usage === '' ? '' : ` ${command.usage}`}`;
}

function commandTable(commands: readonly ChatCommand[], prefix: string): readonly Line[] {
	return table(
		commands.map(command => [usageOf(command, prefix), command.summary]),
		30,
	);
}

function keyTable(): readonly Line[] {
	return table(
		keyHelp.map(({keys, does}) => [keys.map(keyLabel).join(' '), does]),
		30,
	);
}

/** `ctrl-a` as people write it: `Ctrl-A`. */
export function keyLabel(key: string): string {
	return key
		.split('-')
		.map(part => part.charAt(0).toUpperCase() + part.slice(1))
		.join('-');
}
