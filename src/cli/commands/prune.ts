import type {PruneReport} from '../../contract/store.ts';
import {formatByteSize} from '../../lib/byte-size.ts';
import {confirm} from '../confirm.ts';
import {exitCodes} from '../exit-code.ts';
import {isOn, type Invocation} from '../invocation.ts';
import {usageFailure} from '../report-failure.ts';
import {table} from '../table.ts';
import {writeLine, type Terminal} from '../terminal.ts';
import {writeJson} from '../write-json.ts';

/** Shows what would go, and deletes it only after a yes. */
export async function run({store: open, options, terminal}: Invocation): Promise<number> {
	const json = isOn(options, 'json');
	const store = await open();
	const planned = await store.prune({dryRun: true});
	if (isOn(options, 'dryRun') || planned.removed.length === 0) {
		await (json ? writeJson(terminal.stdout, planned) : tellPlan(planned, terminal));
		return exitCodes.ok;
	}
	if (!json && !isOn(options, 'yes')) await tellPlan(planned, terminal);
	const question = `Delete all of it (${formatByteSize(planned.freedBytes)})?`;
	const answer = await confirm(terminal, question, {yes: isOn(options, 'yes'), byDefault: false});
	if (answer === 'unasked') return usageFailure(terminal, 'nobody is there to confirm the deletion', 'add --yes');
	if (answer === 'no') {
		await writeLine(terminal.stderr, 'nothing was deleted');
		return exitCodes.failure;
	}
	const done = await store.prune({dryRun: false});
	await (json
		? writeJson(terminal.stdout, done)
		: writeLine(terminal.stdout, `freed ${formatByteSize(done.freedBytes)}`));
	return exitCodes.ok;
}

const kinds: Readonly<Record<PruneReport['removed'][number]['kind'], string>> = {
	partial: 'unfinished download',
	revision: 'old version',
	blob: 'used by nothing',
	temporary: 'temporary file',
};

async function tellPlan({removed, freedBytes}: PruneReport, {stdout, stderr}: Terminal): Promise<void> {
	if (removed.length === 0) return writeLine(stderr, 'there is nothing to delete');
	await stdout.write(
		table(
			['SIZE', 'WHAT', 'PATH'],
			removed.map(({path, bytes, kind}) => [formatByteSize(bytes), kinds[kind], path]),
		),
	);
	await writeLine(stderr, `${formatByteSize(freedBytes)} in all`);
}
