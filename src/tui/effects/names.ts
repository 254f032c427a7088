import type {Client} from '../../client/client.ts';
import {listSessions} from './session-file.ts';

/** What Tab and the list of models know. */
export interface Names {
	readonly models: readonly string[];
	readonly sessions: readonly string[];
}

export interface KnownNames {
	current(): Names;
	/** Asks the client and the disk anew. */
	refresh(): Promise<Names>;
}

export function createNames(client: Client, sessionsFolder: string): KnownNames {
	let names: Names = {models: [], sessions: []};
	return {
		current: () => names,
		async refresh() {
			const [models, sessions] = await Promise.all([client.models(), listSessions(sessionsFolder)]);
			const talking = models.filter(({tasks}) => tasks.includes('chat') || tasks.includes('completion'));
			names = {models: talking.map(({name}) => name), sessions};
			return names;
		},
	};
}
