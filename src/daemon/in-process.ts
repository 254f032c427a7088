import type {Client} from '../client/client.ts';
import {connectRunning} from '../client/connect.ts';
import type {ResidentReport} from '../contract/report.ts';
import {currentPaths, type Paths} from '../settings/paths.ts';
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
		neighbours: () => residentsOfDaemon(paths),
	});
	return createLocalClient(composition.services, async () => {
		await composition.close();
		await composition.scheduler.drain(AbortSignal.abort());
	});
}

/** None where no daemon runs, or where it does not answer: then nothing of its will make way. */
async function residentsOfDaemon({socket, lock}: Paths): Promise<readonly ResidentReport[]> {
	try {
		await using daemon = await connectRunning({socketPath: socket, lockPath: lock});
		return await daemon.residents();
	} catch {
		return [];
	}
}
