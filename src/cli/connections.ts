import type {Client} from '../client/client.ts';
import type {WaitPhase} from '../client/connect.ts';
import {connectClient, type Connection} from './connect.ts';
import {Spinner} from './spinner.ts';
import type {Terminal} from './terminal.ts';

const waits: Readonly<Record<WaitPhase, string>> = {
	starting: 'starting the daemon',
	waiting: 'waiting for the daemon',
	replacing: 'waiting for a daemon of another version to end',
};

/** One client for each kind of connection, made when first asked for and closed at the end. */
export class Connections {
	readonly #terminal: Terminal;
	readonly #connect: typeof connectClient;
	readonly #clients = new Map<Connection, Promise<Client>>();

	constructor(terminal: Terminal, connect: typeof connectClient = connectClient) {
		this.#terminal = terminal;
		this.#connect = connect;
	}

	client(connection: Connection): Promise<Client> {
		const client = this.#clients.get(connection) ?? this.#open(connection);
		this.#clients.set(connection, client);
		return client;
	}

	async close(): Promise<void> {
		for (const client of await Promise.allSettled(this.#clients.values()))
			if (client.status === 'fulfilled') await client.value[Symbol.asyncDispose]();
	}

	async #open(connection: Connection): Promise<Client> {
		using spinner = new Spinner(this.#terminal);
		return await this.#connect(connection, phase => spinner.show(waits[phase]));
	}
}
