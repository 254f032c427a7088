import type {Client} from '../client/client.ts';
import {currentPaths} from '../settings/paths.ts';
import {readSettings} from '../settings/settings.ts';
import {compose} from './compose.ts';
import {inThisProcess} from './engines.ts';
import {createLocalClient} from './local-client.ts';

/** Everything the daemon does, in the calling process: for `--no-daemon` and for programs that import mofa. */
export async function openInProcess(): Promise<Client> {
	const paths = currentPaths();
	const settings = await readSettings(paths.settingsFile, process.env);
	const composition = await compose({
		settings,
		paths,
		start: inThisProcess,
		address: () => null,
		shutdown: () => undefined,
	});
	return createLocalClient(composition.services, async () => {
		composition.close();
		await composition.scheduler.drain(AbortSignal.abort());
	});
}
