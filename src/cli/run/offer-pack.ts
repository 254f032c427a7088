import type {Client} from '../../client/client.ts';
import {MofaError} from '../../contract/error.ts';
import {confirm} from '../confirm.ts';
import {installPack} from '../install-pack.ts';
import {packCost} from '../size-text.ts';
import type {Terminal} from '../terminal.ts';

/**
 * Runs the work; where a backend pack would make it possible, offers the pack with its size and tries once more.
 * Declined, or nobody to ask: the failure stays what it was, and its words name the command to run.
 */
export async function withPackOffer<T>(work: () => Promise<T>, {client, terminal, signal, yes}: PackOffer): Promise<T> {
	try {
		return await work();
	} catch (error) {
		if (!MofaError.is(error, 'backend-unavailable') || error.data.pack === undefined) throw error;
		const {name, bytes, buildMinutes = null} = error.data.pack;
		const question = `${error.data.backend} is needed to run this: install ${name}${packCost({downloadBytes: bytes, buildMinutes})}?`;
		if ((await confirm(terminal, question, {yes, byDefault: true})) !== 'yes') throw error;
		await installPack(client, name, terminal, signal);
		return work();
	}
}

export interface PackOffer {
	readonly client: Client;
	readonly terminal: Terminal;
	readonly signal: AbortSignal;
	readonly yes: boolean;
}
