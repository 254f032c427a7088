import type {Client} from '../client/client.ts';
import type {ModelStore} from '../contract/store.ts';
import type {Connection} from './connect.ts';
import type {Terminal} from './terminal.ts';

/** One use of one command: what was typed, and everything the command may touch. */
export interface Invocation {
	/** `['run']`, or `['backend', 'install']`. */
	readonly command: readonly string[];
	readonly words: readonly string[];
	readonly options: Options;
	readonly terminal: Terminal;
	/** Connects on first use; the same client afterwards. Throws `daemon-unreachable`, of a daemon elsewhere `network`. */
	readonly client: (connection?: Connection) => Promise<Client>;
	/**
	 * The store of models in this process, so that tokens, proxies and Ctrl-C are the user's; opened on first use. Of a daemon
	 * elsewhere it is that daemon's.
	 */
	readonly store: () => Promise<ModelStore>;
	/** Aborts on Ctrl-C. Reading it takes over the signal, so only a command that obeys it should. */
	readonly signal: AbortSignal;
}

/** Values as the command line has them: `true` for a switch, text, or a list where the option repeats. */
export type Options = Readonly<Record<string, string | boolean | readonly string[] | undefined>>;

export interface CommandModule {
	/** Resolves to the exit code. */
	run(invocation: Invocation): Promise<number>;
}

export function isOn(options: Options, name: string): boolean {
	return options[name] === true;
}

export function textOf(options: Options, name: string): string | undefined {
	const value = options[name];
	return typeof value === 'string' ? value : undefined;
}

export function listOf(options: Options, name: string): readonly string[] {
	const value = options[name];
	return Array.isArray(value) ? value : [];
}
