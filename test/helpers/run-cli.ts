import type {Client} from '../../src/client/client.ts';
import {MofaError} from '../../src/contract/error.ts';
import {runProgram} from '../../src/cli/program.ts';
import {fakeClient, type FakeClient} from './fake-client.ts';
import {fakeStore, type FakeStore} from './fake-store.ts';
import {fakeTerminal, type FakeTerminal, type FakeTerminalOptions} from './fake-terminal.ts';

export interface CliRun {
	readonly code: number;
	readonly out: string;
	readonly err: string;
	readonly client: FakeClient;
	readonly store: FakeStore;
	readonly terminal: FakeTerminal;
	/** How the client was asked for: `start`, `running`, `in-process`. */
	readonly connections: readonly string[];
}

/** Runs a whole command line in this process, with a fake client and a fake terminal. `client: null`: no daemon. */
export async function runCli(
	argv: readonly string[],
	options: FakeTerminalOptions & {
		readonly client?: FakeClient | null;
		readonly store?: FakeStore;
		readonly signal?: AbortSignal;
		/** In the place of the client. */
		readonly connect?: () => Promise<Client>;
		/** Told whether the store of this machine is wanted, whichever daemon is asked. */
		readonly onStore?: (here: boolean) => void;
	} = {},
): Promise<CliRun> {
	const client = options.client ?? fakeClient();
	const store = options.store ?? fakeStore();
	const terminal = fakeTerminal(options);
	const connections: string[] = [];
	const code = await runProgram(argv, {
		terminal,
		async connect(connection) {
			connections.push(connection);
			if (options.client === null)
				throw new MofaError('daemon-unreachable', {address: '/run/mofa.sock', problem: 'no daemon runs'});
			return options.connect?.() ?? client;
		},
		async openStore(here) {
			options.onStore?.(here);
			return {...store, [Symbol.asyncDispose]: async () => void store.calls.push('dispose')};
		},
		signal: () => options.signal ?? new AbortController().signal,
	});
	return {code, out: terminal.out(), err: terminal.err(), client, store, terminal, connections};
}
