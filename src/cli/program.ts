import {settleOptionalValues} from './argv.ts';
import {commandModules} from './commands.ts';
import type {connectClient, openStore} from './connect.ts';
import {Connections} from './connections.ts';
import {exitCodes} from './exit-code.ts';
import {interruptSignal} from './interrupt.ts';
import {parsePlain, type Parsed} from './parse-plain.ts';
import {processTerminal} from './process-terminal.ts';
import {commands, type Command} from './reference.ts';
import {reportFailure} from './report-failure.ts';
import {styled} from './style.ts';
import {writeLine, type Terminal} from './terminal.ts';
import {welcome} from './welcome.ts';

export interface ProgramOptions {
	readonly terminal?: Terminal;
	readonly connect?: typeof connectClient;
	readonly openStore?: typeof openStore;
	/** Aborts on Ctrl-C. */
	readonly signal?: () => AbortSignal;
}

/** Parses a command line, runs its command, and resolves to the exit code. Never throws. */
export async function runProgram(argv: readonly string[], options: ProgramOptions = {}): Promise<number> {
	const terminal = options.terminal ?? processTerminal();
	const connections = new Connections(terminal, options.connect, options.openStore);
	try {
		if (argv.length === 0) return await welcome(terminal);
		const parsed = await parseOrExplain(settleOptionalValues(argv, commands), terminal);
		if (typeof parsed === 'number') return parsed;
		const code = await runCommand(parsed, terminal, connections, options.signal);
		// A slip of the hand is one wherever the models are.
		if (code !== exitCodes.usage) await tellAsked(code, connections, terminal);
		return code;
	} catch (error) {
		const code = await reportFailure(terminal, error);
		await tellAsked(code, connections, terminal);
		return code;
	} finally {
		await connections.close();
	}
}

/** What to run; or the exit code, when help was asked for or what was typed makes no sense. */
async function parseOrExplain(argv: readonly string[], {stdout, stderr}: Terminal): Promise<Parsed | number> {
	const plain = parsePlain(argv, commands);
	if (plain !== undefined) return plain;
	const {parse} = await import('./parse.ts');
	const parsed = await parse(argv, stdout.columns);
	if ('command' in parsed) return parsed;
	await stdout.write(parsed.out);
	await stderr.write(parsed.error.replace(/^error:/, styled(stderr, 'red', 'error:')));
	// A command that only holds others answers with its help itself.
	if (parsed.error.startsWith('error:'))
		await writeLine(
			stderr,
			styled(stderr, 'dim', `→ ${parsed.next ?? `mofa ${['help', ...namesIn(argv, commands)].join(' ')}`}`),
		);
	return parsed.ok ? exitCodes.ok : exitCodes.usage;
}

/** Of the command that was meant, as far as it is one. */
function namesIn([word, ...rest]: readonly string[], among: readonly Command[]): readonly string[] {
	const command = among.find(({name, aliases}) => name === word || aliases?.includes(word ?? ''));
	return command === undefined ? [] : [command.name, ...namesIn(rest, command.commands ?? [])];
}

async function runCommand(
	{command, words, options}: Parsed,
	terminal: Terminal,
	connections: Connections,
	signal: () => AbortSignal = interruptSignal,
): Promise<number> {
	const load = commandModules[command[0] ?? ''];
	if (load === undefined) throw new Error(`the command ${command.join(' ')} has no code`);
	const {run} = await load();
	return run({
		command,
		words,
		options,
		terminal,
		client: connection => connections.client(connection ?? 'start'),
		store: () => connections.store(options['daemon'] === false),
		get signal() {
			return signal();
		},
	});
}

/** What failed is said as if it were on this machine. */
async function tellAsked(code: number, {remote}: Connections, {stderr}: Terminal): Promise<void> {
	const isFailure = ![exitCodes.ok, exitCodes.interrupted, exitCodes.outputClosed].includes(code);
	if (remote !== undefined && isFailure)
		await writeLine(stderr, styled(stderr, 'dim', `the daemon at ${remote} was asked`));
}
