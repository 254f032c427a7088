import {CommanderError} from 'commander';
import type {Client} from '../client/client.ts';
import type {WaitPhase} from '../client/connect.ts';
import {settleOptionalValues} from './argv.ts';
import {buildProgram} from './build-program.ts';
import {commandModules} from './commands.ts';
import {connectClient, type Connection} from './connect.ts';
import {exitCodes} from './exit-code.ts';
import type {Options} from './invocation.ts';
import {interruptSignal} from './interrupt.ts';
import {commands} from './reference.ts';
import {reportFailure} from './report-failure.ts';
import {Spinner} from './spinner.ts';
import {styled} from './style.ts';
import type {Terminal} from './terminal.ts';
import {welcome} from './welcome.ts';

export interface ProgramOptions {
	readonly terminal: Terminal;
	readonly connect?: typeof connectClient;
	/** Aborts on Ctrl-C. */
	readonly signal?: () => AbortSignal;
}

/** Parses a command line, runs its command, and resolves to the exit code. Never throws. */
export async function runProgram(argv: readonly string[], options: ProgramOptions): Promise<number> {
	const {terminal} = options;
	const connections = new Connections(options.connect ?? connectClient, terminal);
	const output = new Captured();
	let code = exitCodes.ok;
	try {
		if (argv.length === 0) return await welcome(terminal);
		await buildProgram(commands, {
			act: async (command, words, values) => {
				code = await runCommand(command, words, values, options, connections);
			},
			writeOut: text => output.out.push(text),
			writeError: text => output.error.push(text),
			columns: terminal.stdout.columns,
		}).parseAsync([...settleOptionalValues(argv, commands)], {from: 'user'});
	} catch (error) {
		code =
			error instanceof CommanderError ? await endParsing(error, output, terminal) : await reportFailure(terminal, error);
	} finally {
		await connections.close();
	}
	return code;
}

async function runCommand(
	command: readonly string[],
	words: readonly string[],
	values: Options,
	{terminal, signal}: ProgramOptions,
	connections: Connections,
): Promise<number> {
	const load = commandModules[command[0] ?? ''];
	if (load === undefined) throw new Error(`the command ${command.join(' ')} has no code`);
	const {run} = await load();
	return run({
		command,
		words,
		options: values,
		terminal,
		client: connection => connections.client(connection ?? 'start'),
		get signal() {
			return (signal ?? interruptSignal)();
		},
	});
}

/** Help was asked for, or what was typed makes no sense. */
async function endParsing(error: CommanderError, output: Captured, terminal: Terminal): Promise<number> {
	try {
		await terminal.stdout.write(output.out.join(''));
		const text = output.error.join('');
		await terminal.stderr.write(text.replace(/^error:/, styled(terminal.stderr, 'red', 'error:')));
	} catch (failure) {
		return reportFailure(terminal, failure);
	}
	return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
}

/** What commander wants to write; it cannot wait for a stream, so it is collected and written afterwards. */
class Captured {
	readonly out: string[] = [];
	readonly error: string[] = [];
}

const waits: Readonly<Record<WaitPhase, string>> = {
	starting: 'starting the daemon',
	waiting: 'waiting for the daemon',
	replacing: 'waiting for a daemon of another version to end',
};

/** One client for each kind of connection, made when first asked for and closed at the end. */
class Connections {
	readonly #connect: typeof connectClient;
	readonly #terminal: Terminal;
	readonly #clients = new Map<Connection, Promise<Client>>();

	constructor(connect: typeof connectClient, terminal: Terminal) {
		this.#connect = connect;
		this.#terminal = terminal;
	}

	client(connection: Connection): Promise<Client> {
		const client = this.#clients.get(connection) ?? this.#open(connection);
		this.#clients.set(connection, client);
		return client;
	}

	async #open(connection: Connection): Promise<Client> {
		using spinner = new Spinner(this.#terminal);
		return await this.#connect(connection, phase => spinner.show(waits[phase]));
	}

	async close(): Promise<void> {
		for (const client of await Promise.allSettled(this.#clients.values()))
			if (client.status === 'fulfilled') await client.value[Symbol.asyncDispose]();
	}
}
