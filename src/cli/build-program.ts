import {Command as Program, Option as ProgramOption} from 'commander';
import type {Options} from './invocation.ts';
import type {Command, Example, Option} from './reference.ts';

export interface ProgramActions {
	/** What to do when a command was parsed. */
	act(command: readonly string[], words: readonly string[], options: Options): Promise<void>;
	writeOut(text: string): void;
	writeError(text: string): void;
	readonly columns: number;
}

/** Makes the parser and its help from the command reference. Throws `CommanderError` instead of leaving the process. */
export function buildProgram(commands: readonly Command[], actions: ProgramActions): Program {
	const program = new Program('mofa');
	program
		.description('Run every kind of model on your own machine, and join them into pipelines.')
		.option('-v, --version', 'print the version')
		.helpOption('-h, --help', 'show help')
		.helpCommand(false)
		.addHelpText('after', '\nmofa help <command> tells more about a command.');
	settle(program, actions);
	for (const command of commands) program.addCommand(buildCommand(command, [], actions));
	return program;
}

function buildCommand(reference: Command, parents: readonly string[], actions: ProgramActions): Program {
	const names = [...parents, reference.name];
	const program = new Program(reference.name);
	program.summary(reference.summary).description(sentence(reference.summary)).helpCommand(false);
	program.aliases(reference.aliases ?? []);
	for (const argument of reference.arguments ?? []) program.argument(argument.usage, argument.summary);
	for (const option of reference.options ?? []) program.addOption(buildOption(option));
	program.helpOption('-h, --help', 'show help');
	if (reference.examples !== undefined) program.addHelpText('after', examplesText(reference.examples));
	settle(program, actions);
	if (reference.commands === undefined)
		program.action(() => actions.act(names, program.args, program.opts<Record<string, string | boolean | string[]>>()));
	else for (const child of reference.commands) program.addCommand(buildCommand(child, names, actions));
	return program;
}

function buildOption({flags, summary, repeats}: Option): ProgramOption {
	const option = new ProgramOption(flags, summary);
	return repeats === true
		? option.argParser((value: string, earlier: string[] | undefined) => [...(earlier ?? []), value])
		: option;
}

function settle(program: Program, {writeOut, writeError, columns}: ProgramActions): void {
	program
		.exitOverride()
		.showSuggestionAfterError()
		.configureOutput({
			writeOut,
			writeErr: writeError,
			getOutHelpWidth: () => columns,
			getErrHelpWidth: () => columns,
		});
}

function examplesText(examples: readonly Example[]): string {
	return `\nExamples:\n${examples.map(({line, does}) => `  ${line}\n      ${does}`).join('\n')}`;
}

function sentence(summary: string): string {
	return `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`;
}
