import type {Client} from '../client/client.ts';
import {MofaError} from '../contract/error.ts';
import type {Invocation} from './invocation.ts';

/** The daemon if one runs; undefined otherwise, without starting one. One elsewhere has to answer: throws `network`. */
export async function runningClient({client}: Pick<Invocation, 'client'>): Promise<Client | undefined> {
	try {
		return await client('running');
	} catch (error) {
		if (MofaError.is(error, 'daemon-unreachable')) return undefined;
		throw error;
	}
}
