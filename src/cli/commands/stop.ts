import type {Client} from '../../client/client.ts';
import {similar} from '../../lib/similar.ts';
import {exitCodes} from '../exit-code.ts';
import {isOn, type Invocation} from '../invocation.ts';
import {resolveModelName} from '../model-name.ts';
import {sayFailure, usageFailure} from '../report-failure.ts';
import {runningClient} from '../running-client.ts';
import {writeLine, type Terminal} from '../terminal.ts';

/** Starts no daemon: where none runs, there is nothing to stop. */
export async function run(invocation: Invocation): Promise<number> {
	const {terminal, words, options} = invocation;
	const client = await runningClient(invocation);
	const loaded = ((await client?.residents()) ?? []).map(({name}) => name);
	const inMemory = loaded.length > 0 ? `in memory: ${loaded.join(', ')}` : 'no model is in memory';
	const {remote} = client ?? {};
	if (isOn(options, 'all') && remote !== undefined)
		return usageFailure(
			terminal,
			`the daemon at ${remote} is ended on its own machine`,
			`type mofa stop --all there, or name a model here (${inMemory})`,
		);
	if (isOn(options, 'all')) return stopAll(client, loaded, terminal);
	if (words.length === 0)
		return usageFailure(
			terminal,
			'which model?',
			loaded.length > 0 && remote === undefined ? `${inMemory}; mofa stop --all stops everything` : inMemory,
		);
	let code = exitCodes.ok;
	for (const name of words.map(resolveModelName)) {
		if (client !== undefined && loaded.includes(name)) {
			await client.unload(name);
			await writeLine(terminal.stdout, `stopped ${name}`);
		} else {
			code = exitCodes.notFound;
			const near = similar(name, loaded);
			const next = near.length > 0 ? `did you mean ${near.join(', ')}?` : 'mofa ps shows what is in memory';
			await sayFailure(terminal, {message: `${name} is not in memory`, next});
		}
	}
	return code;
}

async function stopAll(client: Client | undefined, loaded: readonly string[], terminal: Terminal): Promise<number> {
	if (client === undefined) {
		await writeLine(terminal.stderr, 'nothing to stop: the daemon does not run');
		return exitCodes.ok;
	}
	await client.shutdown();
	for (const name of [...loaded, 'the daemon']) await writeLine(terminal.stdout, `stopped ${name}`);
	return exitCodes.ok;
}
