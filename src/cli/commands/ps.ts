import type {ResidentReport} from '../../contract/report.ts';
import {formatByteSize} from '../../lib/byte-size.ts';
import {exitCodes} from '../exit-code.ts';
import {placement, totalBytes} from '../footprint-text.ts';
import {relativeTime} from '../human-time.ts';
import {isOn, type Invocation} from '../invocation.ts';
import {runningClient} from '../running-client.ts';
import {table} from '../table.ts';
import {writeLine, type Output} from '../terminal.ts';
import {writeJson} from '../write-json.ts';

/** Starts no daemon: where none runs, nothing is loaded. */
export async function run(invocation: Invocation): Promise<number> {
	const {stdout, stderr} = invocation.terminal;
	const client = await runningClient(invocation);
	const residents = (await client?.residents()) ?? [];
	if (isOn(invocation.options, 'json')) await writeJson(stdout, residents);
	else {
		if (client?.remote !== undefined) await writeLine(stderr, `in the memory of the daemon at ${client.remote}:`);
		if (residents.length > 0) await stdout.write(residentTable(residents, stdout));
		else await writeLine(stderr, 'no model is in memory; mofa run loads one');
	}
	return exitCodes.ok;
}

function residentTable(residents: readonly ResidentReport[], stdout: Output): string {
	const now = Date.now();
	return table(
		['NAME', 'SIZE', 'DEVICE', 'CONTEXT', 'THREADS', 'BUSY', 'UNTIL'],
		residents.map(resident => [
			resident.name,
			formatByteSize(totalBytes(resident.footprint)),
			placement(resident.accelerator, resident.footprint),
			resident.contextLength === null ? '-' : String(resident.contextLength),
			String(resident.threads),
			`${resident.active}/${resident.slots}`,
			until(resident, now),
		]),
		undefined,
		stdout,
	);
}

function until({state, pinned, active, expiresAt}: ResidentReport, now: number): string {
	if (state !== 'ready') return `${state}…`;
	if (pinned) return 'forever';
	if (expiresAt !== null) return relativeTime(expiresAt, now);
	return active > 0 ? 'in use' : 'now';
}
