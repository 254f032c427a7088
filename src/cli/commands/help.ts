import type {Command as Program} from 'commander';
import {buildProgram} from '../build-program.ts';
import {exitCodeMeanings, exitCodes, type ExitName} from '../exit-code.ts';
import {isOn, type Invocation} from '../invocation.ts';
import {commands} from '../reference.ts';
import {usageFailure} from '../report-failure.ts';
import {writeJson} from '../write-json.ts';

export async function run({words, options, terminal}: Invocation): Promise<number> {
	if (isOn(options, 'json')) {
		const {readSchemas} = await import('../schemas.ts');
		await writeJson(terminal.stdout, {commands, exitCodes: exitCodeTable(), schemas: await readSchemas()});
		return exitCodes.ok;
	}
	let help = '';
	const program = buildProgram(commands, {
		act: async () => undefined,
		writeOut: text => {
			help += text;
		},
		writeError: () => undefined,
		columns: terminal.stdout.columns,
	});
	const found = find(program, words);
	if (found === undefined)
		return usageFailure(terminal, `there is no command called "${words.join(' ')}"`, 'mofa help shows every command');
	found.outputHelp();
	await terminal.stdout.write(help);
	return exitCodes.ok;
}

function find(program: Program, words: readonly string[]): Program | undefined {
	const [word, ...others] = words;
	if (word === undefined) return program;
	const child = program.commands.find(command => command.name() === word || command.aliases().includes(word));
	return child === undefined ? undefined : find(child, others);
}

function exitCodeTable(): ReadonlyArray<{readonly code: number; readonly name: string; readonly means: string}> {
	return (Object.keys(exitCodes) as ExitName[]).map(name => ({
		code: exitCodes[name],
		name,
		means: exitCodeMeanings[name],
	}));
}
