import {CommanderError} from 'commander';
import {buildProgram} from './build-program.ts';
import type {Parsed} from './parse-plain.ts';
import {commands} from './reference.ts';
import {typingHint} from './typing-hint.ts';

/** Help that was asked for, or what is wrong with what was typed. */
export interface Explained {
	readonly ok: boolean;
	readonly out: string;
	readonly error: string;
	/** What was probably meant, where that is clear. */
	readonly next: string | null;
}

/** Reads any command line; one that cannot be run comes back as the text that says why. */
export async function parse(argv: readonly string[], columns: number): Promise<Parsed | Explained> {
	let parsed: Parsed | undefined;
	let out = '';
	let error = '';
	const program = buildProgram(commands, {
		act: async (command, words, options) => {
			parsed = {command, words, options};
		},
		writeOut: text => {
			out += text;
		},
		writeError: text => {
			error += text;
		},
		columns,
	});
	try {
		await program.parseAsync([...argv], {from: 'user'});
	} catch (problem) {
		if (!(problem instanceof CommanderError)) throw problem;
		return {ok: problem.exitCode === 0, out, error, next: typingHint(commandIn(argv), error)};
	}
	return parsed ?? {ok: false, out, error, next: null};
}

function commandIn([word]: readonly string[]): string | undefined {
	return commands.find(({name, aliases}) => name === word || aliases?.includes(word ?? ''))?.name;
}
