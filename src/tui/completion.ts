import {findCommand, type Completes} from './commands/command.ts';
import {isSlashCommand, slashCommands} from './slash-commands.ts';
import type {Draft} from './input/line-editor.ts';

export interface CompletionSources {
	readonly models: readonly string[];
	readonly sessions: readonly string[];
}

export interface Completion {
	/** The whole line with as much filled in as is certain. */
	readonly text: string;
	readonly cursor: number;
	/** More than one: what it could become. */
	readonly candidates: readonly string[];
}

/** What Tab makes of the line. Undefined where there is nothing to complete. */
export function completeDraft({text, cursor}: Draft, sources: CompletionSources): Completion | undefined {
	const before = text.slice(0, cursor);
	if (!isSlashCommand(before) || before.includes('\n')) return undefined;
	const start = before.search(/\S*$/);
	const word = before.slice(start);
	const words = before.slice(0, start).trim().split(/\s+/).filter(Boolean);
	const matches = choices(words, sources).filter(choice => choice.startsWith(word));
	if (matches.length === 0) return undefined;
	const filled = matches.length === 1 ? `${matches[0]} ` : commonStart(matches);
	return {
		text: before.slice(0, start) + filled + text.slice(cursor),
		cursor: start + filled.length,
		candidates: matches.length === 1 ? [] : matches,
	};
}

function choices(words: readonly string[], sources: CompletionSources): readonly string[] {
	const [first, second, ...others] = words;
	if (first === undefined) return slashCommands.map(({name}) => `/${name}`);
	const command = findCommand(slashCommands, first.slice(1).toLowerCase());
	if (command === undefined || others.length > 0) return [];
	if (second === undefined) return command.commands?.map(({name}) => name) ?? named(command.completes, sources);
	return named(findCommand(command.commands ?? [], second)?.completes, sources);
}

function named(completes: Completes | undefined, sources: CompletionSources): readonly string[] {
	if (completes === undefined) return [];
	if (completes === 'models') return sources.models;
	if (completes === 'sessions') return sources.sessions;
	return completes === 'commands' ? ['keys', ...slashCommands.map(({name}) => name)] : completes;
}

function commonStart(words: readonly string[]): string {
	const [first = '', ...others] = words;
	let length = first.length;
	for (const word of others) while (!word.startsWith(first.slice(0, length))) length -= 1;
	return first.slice(0, length);
}
