import type {Options} from './invocation.ts';
import type {Argument, Command, Option} from './reference.ts';

export interface Parsed {
	/** `['run']`, or `['backend', 'install']`. */
	readonly command: readonly string[];
	readonly words: readonly string[];
	readonly options: Options;
}

/**
 * Reads a command line in which nothing is unusual; undefined for all others, and for every mistake, which then go
 * to commander. It reads what it reads exactly as commander does (a test compares the two), and saves a warm command
 * from loading and building it: about a third of the time that such a command takes.
 */
export function parsePlain(argv: readonly string[], commands: readonly Command[]): Parsed | undefined {
	const found = findCommand(argv, commands);
	if (found === undefined || found.command.commands !== undefined) return undefined;
	const specified = found.command.options ?? [];
	const options: Record<string, string | boolean | string[]> = defaultsOf(specified);
	const words: string[] = [];
	let rest = found.rest;
	while (rest.length > 0) {
		const [word = '', ...others] = rest;
		rest = others;
		if (word === '--') words.push(...rest.splice(0));
		else if (!word.startsWith('-') || word === '-') words.push(word);
		else {
			const [flag = '', tied] = splitFlag(word);
			const option = specified.find(({flags}) => flagsOf(flags).includes(flag));
			if (option === undefined) return undefined;
			const takesNext = option.flags.includes('<') && tied === undefined;
			const value = takesNext ? rest.shift() : tied;
			if (!putOption(options, option, value) || (takesNext && value?.startsWith('-') === true)) return undefined;
		}
	}
	return fits(words, found.command.arguments ?? []) ? {command: found.names, words, options} : undefined;
}

function findCommand(
	argv: readonly string[],
	commands: readonly Command[],
): {readonly command: Command; readonly names: readonly string[]; readonly rest: string[]} | undefined {
	const command = commands.find(({name, aliases}) => name === argv[0] || aliases?.includes(argv[0] ?? ''));
	if (command === undefined) return undefined;
	if (command.commands === undefined) return {command, names: [command.name], rest: argv.slice(1)};
	const child = findCommand(argv.slice(1), command.commands);
	return child && {...child, names: [command.name, ...child.names]};
}

/** An option that only takes something away stands for something that is there. */
function defaultsOf(options: readonly Option[]): Record<string, boolean> {
	const names = options.map(({flags}) => nameOf(flags));
	const alone = options.filter(
		({flags}) => isNegative(flags) && names.filter(name => name === nameOf(flags)).length === 1,
	);
	return Object.fromEntries(alone.map(({flags}) => [nameOf(flags), true]));
}

/** `--name=value` in two; short options are not tied to their value here. */
function splitFlag(word: string): readonly [string, string?] {
	const at = word.indexOf('=');
	return word.startsWith('--') && at > 0 ? [word.slice(0, at), word.slice(at + 1)] : [word];
}

/** False when the option has no value and needs one, or has one and takes none. */
function putOption(options: Record<string, string | boolean | string[]>, option: Option, value?: string): boolean {
	const {flags, repeats} = option;
	const takesValue = flags.includes('<') || flags.includes('[');
	if (takesValue !== (value !== undefined)) return false;
	const name = nameOf(flags);
	if (value === undefined) options[name] = !isNegative(flags);
	else if (repeats === true) {
		const earlier = options[name];
		options[name] = [...(Array.isArray(earlier) ? earlier : []), value];
	} else options[name] = value;
	return true;
}

function flagsOf(flags: string): readonly string[] {
	return flags.split(/[ ,]+/).filter(part => part.startsWith('-'));
}

function isNegative(flags: string): boolean {
	return flags.includes('--no-');
}

/** `-k, --keep-alive <duration>` is `keepAlive`. */
function nameOf(flags: string): string {
	const long = (flagsOf(flags).at(-1) ?? '').replace(/^--(no-)?/, '');
	return long.replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
}

function fits(words: readonly string[], specified: readonly Argument[]): boolean {
	const least = specified.filter(({usage}) => usage.startsWith('<')).length;
	const many = specified.at(-1)?.usage.includes('...') === true;
	return words.length >= least && (many || words.length <= specified.length);
}
