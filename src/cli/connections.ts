import type {Client} from '../client/client.ts';
import type {WaitPhase} from '../client/connect.ts';
import type {ModelStore} from '../contract/store.ts';
import {connectClient, openStore, type Connection, type OpenStore} from './connect.ts';
import {Spinner} from './spinner.ts';
import type {Terminal} from './terminal.ts';

const waits: Readonly<Record<WaitPhase, string>> = {
	starting: 'starting the daemon',
	waiting: 'waiting for the daemon',
	replacing: 'waiting for a daemon of another version to end',
};

/** One client for each kind of connection and one store, made when first asked for and closed at the end. */
export class Connections {
	readonly #terminal: Terminal;
	readonly #connect: typeof connectClient;
	readonly #openStore: typeof openStore;
	readonly #clients = new Map<Connection, Promise<Client>>();
	#store: Promise<OpenStore> | undefined;
	/** Where the daemon elsewhere is that was asked. */
	remote: string | undefined;

	constructor(terminal: Terminal, connect: typeof connectClient = connectClient, open: typeof openStore = openStore) {
		this.#terminal = terminal;
		this.#connect = connect;
		this.#openStore = open;
	}

	client(connection: Connection): Promise<Client> {
		const client = this.#clients.get(connection) ?? this.#open(connection);
		this.#clients.set(connection, client);
		return client;
	}

	/** `here`: of this machine, whichever daemon is asked. */
	async store(here: boolean): Promise<ModelStore> {
		this.#store ??= this.#openStore(here);
		const store = await this.#store;
		this.remote ??= store.remote;
		return store;
	}

	async close(): Promise<void> {
		const opened: ReadonlyArray<Promise<AsyncDisposable>> = [
			...this.#clients.values(),
			...(this.#store === undefined ? [] : [this.#store]),
		];
		for (const open of await Promise.allSettled(opened))
			if (open.status === 'fulfilled') await open.value[Symbol.asyncDispose]();
	}

	async #open(connection: Connection): Promise<Client> {
		using spinner = new Spinner(this.#terminal);
		const client = await this.#connect(connection, phase => spinner.show(waits[phase]));
		this.remote ??= client.remote;
		return client;
	}
}
