import {onTestFinished} from 'vitest';
import {createHub} from '../../../../src/models/hub/create-hub.ts';
import type {FileLocation, Hub} from '../../../../src/models/hub/hub.ts';
import {hubSettings} from '../../../../src/models/hub/hub-settings.ts';
import {seeded, type HubRepository} from '../../../fixtures/hub/repository.ts';
import {startHub, type HubServer, type HubServerOptions} from '../../../fixtures/hub/start-hub.ts';

export const signal: AbortSignal = new AbortController().signal;
export const weights: Buffer = seeded(1, 3_000_000);
export const small: HubRepository = {
	name: 'Org/Small-GGUF',
	files: {'README.md': Buffer.from('# small'), 'small-Q8_0.gguf': weights},
	license: 'mit',
	pipelineTag: 'text-generation',
	tags: ['gguf'],
};

export interface Opened {
	readonly hub: Hub;
	readonly server: HubServer;
	readonly commit: string;
	/** Of the weights. */
	locate(): Promise<FileLocation>;
}

/** A Hub with a small repository, and the client that asks it; both are gone when the test ends. */
export async function open(options: Partial<HubServerOptions> = {}, env: Record<string, string> = {}): Promise<Opened> {
	const server = await startHub({repositories: [small], ...options});
	const settings = hubSettings({HF_ENDPOINT: server.endpoint, HF_HOME: '/nowhere', ...env}, '/nowhere');
	const hub = createHub({settings});
	onTestFinished(async () => {
		await hub.close();
		await server.close();
	});
	const commit = server.commitOf(small.name);
	return {hub, server, commit, locate: () => hub.locate(small.name, commit, 'small-Q8_0.gguf', signal)};
}
