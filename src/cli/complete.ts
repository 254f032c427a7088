import type {Client} from '../client/client.ts';
import {MofaError} from '../contract/error.ts';
import {connectClient} from './connect.ts';
import {commands as reference, type Argument, type Command, type Completes, type Option} from './reference.ts';
import {bracketedSize} from './size-text.ts';

/** A person with a finger on Tab waits no longer than this. */
const patienceMs = 1500;

export interface Suggestion {
	readonly value: string;
	readonly summary: string;
}

/** What the machine can offer at this moment. */
export type Live = (
	kind: 'model' | 'known' | 'resident' | 'backend' | 'setting' | 'voice',
) => Promise<readonly Suggestion[]>;

/** The answer to `mofa __complete`: the words typed so far, of which the last is unfinished. Never fails. */
export async function completeWords(words: readonly string[], live: Live = liveSuggestions): Promise<string> {
	const current = words.at(-1) === '""' ? '' : (words.at(-1) ?? '');
	const {suggestions, files} = await suggest(words.slice(0, -1), current, live);
	const lines = suggestions
		.filter(({value}) => value.startsWith(current))
		.map(({value, summary}) => `${value}\t${summary}\n`);
	return [...lines, files ? ':files\n' : ''].join('');
}

interface Offer {
	readonly suggestions: readonly Suggestion[];
	readonly files: boolean;
}

const nothing: Offer = {suggestions: [], files: false};
const only = (suggestions: readonly Suggestion[]): Offer => ({suggestions, files: false});

/**
 * 1. No command yet: the commands. 2. Help: the commands again. 3. The value of an option.
 * 4. An option. 5. A subcommand. 6. An argument.
 */
async function suggest(words: readonly string[], current: string, live: Live): Promise<Offer> {
	const {command, rest} = descend(words, {name: 'mofa', summary: '', commands: reference});
	// 1, 2.
	if (words.length === 0) return only(commandSuggestions(reference));
	if (command.name === 'help')
		return only(
			commandSuggestions(descend(rest, {name: 'mofa', summary: '', commands: reference}).command.commands ?? []),
		);
	const options = command.options ?? [];
	// 3.
	const inline = /^(--[\w-]+)=/.exec(current)?.[1];
	if (inline !== undefined)
		return prefixed(
			`${inline}=`,
			await valuesOf(optionOf(inline, options)?.completes, current.slice(inline.length + 1), live),
		);
	const before = rest.at(-1) ?? '';
	const open = optionOf(before, options);
	if (open !== undefined && takesValue(open)) return valuesOf(open.completes, current, live);
	// 4.
	if (current.startsWith('-') && !rest.includes('--')) return only(optionSuggestions(options, rest));
	// 5.
	if (command.commands !== undefined) return only(commandSuggestions(command.commands));
	// 6.
	return valuesOf(argumentAt(command.arguments ?? [], positionals(rest, options).length)?.completes, current, live);
}

/** The deepest command that the words name, and the words after it. */
function descend(words: readonly string[], from: Command): {command: Command; rest: readonly string[]} {
	const child = from.commands?.find(({name, aliases}) => name === words[0] || aliases?.includes(words[0] ?? ''));
	return child === undefined ? {command: from, rest: words} : descend(words.slice(1), child);
}

async function valuesOf(completes: Completes | undefined, current: string, live: Live): Promise<Offer> {
	if (completes === undefined) return nothing;
	if (typeof completes !== 'string') return only(completes.map(value => ({value, summary: ''})));
	if (completes === 'file') return {suggestions: [], files: true};
	// Models may also be paths; offering every file at once would bury the names.
	if (completes === 'model' && /^[./~\\]/.test(current)) return {suggestions: [], files: true};
	return only(await live(completes));
}

function prefixed(prefix: string, {suggestions, files}: Offer): Offer {
	return {suggestions: suggestions.map(({value, summary}) => ({value: prefix + value, summary})), files};
}

function commandSuggestions(commands: readonly Command[]): readonly Suggestion[] {
	return commands.map(({name, summary}) => ({value: name, summary}));
}

function optionSuggestions(options: readonly Option[], used: readonly string[]): readonly Suggestion[] {
	return [...options, {flags: '-h, --help', summary: 'show help'}]
		.filter(option => option.repeats === true || !used.some(word => namesOf(option).includes(word.split('=')[0] ?? '')))
		.map(option => ({value: namesOf(option).at(-1) ?? '', summary: option.summary}));
}

function optionOf(word: string, options: readonly Option[]): Option | undefined {
	return word.startsWith('-') ? options.find(option => namesOf(option).includes(word)) : undefined;
}

function namesOf({flags}: Option): readonly string[] {
	return flags.split(/[ ,]+/).filter(part => part.startsWith('-'));
}

function takesValue({flags}: Option): boolean {
	return flags.includes('<') || flags.includes('[');
}

function positionals(words: readonly string[], options: readonly Option[]): readonly string[] {
	return words.filter((word, index) => {
		const before = optionOf(words[index - 1] ?? '', options);
		return !word.startsWith('-') && !(before !== undefined && before.flags.includes('<'));
	});
}

function argumentAt(specified: readonly Argument[], index: number): Argument | undefined {
	const last = specified.at(-1);
	return specified[index] ?? (last?.usage.includes('...') === true ? last : undefined);
}

/** Asks the running daemon; models and packs can also be read without one. Starts nothing. */
async function liveSuggestions(kind: Parameters<Live>[0]): Promise<readonly Suggestion[]> {
	if (kind === 'setting') {
		const {settingsTable} = await import('../settings/settings.ts');
		return settingsTable.map(({key, summary}) => ({value: key, summary}));
	}
	const late = new Promise<readonly Suggestion[]>(resolve => {
		setTimeout(resolve, patienceMs, []);
	});
	return Promise.race([fromClient(kind).catch(() => []), late]);
}

async function fromClient(kind: 'model' | 'known' | 'resident' | 'backend' | 'voice'): Promise<readonly Suggestion[]> {
	const running = await connectClient('running').catch((error: unknown) => {
		if (!MofaError.is(error, 'daemon-unreachable')) throw error;
	});
	if (kind === 'resident') return running === undefined ? [] : named(await running.residents());
	const client: Client = running ?? (await connectClient('in-process'));
	if (kind === 'backend') return (await client.packs()).map(({name, summary}) => ({value: name, summary}));
	if (kind === 'voice')
		return (await client.voices()).map(({name, language, model}) => ({value: name, summary: `${language}, ${model}`}));
	const here = (await client.models()).map(({name, tasks}) => ({value: name, summary: tasks.join(', ')}));
	return kind === 'model' ? here : [...here, ...(await registeredElsewhere(client, here))];
}

/** What could be pulled, with its size, and is not here. */
async function registeredElsewhere(client: Client, here: readonly Suggestion[]): Promise<readonly Suggestion[]> {
	const names = new Set(here.map(({value}) => value));
	return (await client.registered())
		.filter(({name, runs}) => runs && !names.has(name))
		.map(({name, tasks, bytes}) => ({value: name, summary: `${tasks.join(', ')}${bracketedSize(bytes)}`}));
}

function named(residents: ReadonlyArray<{readonly name: string}>): readonly Suggestion[] {
	return residents.map(({name}) => ({value: name, summary: 'in memory'}));
}
