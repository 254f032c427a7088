import type {UsageReport} from '../../contract/store.ts';
import {formatByteSize} from '../../lib/byte-size.ts';
import {exitCodes} from '../exit-code.ts';
import {relativeTime} from '../human-time.ts';
import {isOn, type Invocation} from '../invocation.ts';
import {table} from '../table.ts';
import {writeLine} from '../terminal.ts';
import {writeJson} from '../write-json.ts';

export async function run({store, options, terminal}: Invocation): Promise<number> {
	const {stdout, stderr} = terminal;
	const usage = await (await store()).usage();
	if (isOn(options, 'json')) {
		await writeJson(stdout, usage);
		return exitCodes.ok;
	}
	if (usage.models.length > 0) await stdout.write(usageTable(usage));
	await writeLine(stderr, sum(usage));
	if (usage.reclaimableBytes > 0)
		await writeLine(stderr, `mofa prune would free ${formatByteSize(usage.reclaimableBytes)}`);
	return exitCodes.ok;
}

/** The largest first: that is what someone in need of space looks for. */
function usageTable({models}: UsageReport): string {
	const now = Date.now();
	return table(
		['SIZE', 'MODEL', 'VERSIONS', 'LAST USED'],
		models
			.toSorted((a, b) => b.bytes - a.bytes)
			.map(({repository, bytes, revisions, lastUsedAt}) => [
				formatByteSize(bytes),
				repository,
				String(revisions),
				lastUsedAt === null ? '-' : relativeTime(lastUsedAt, now),
			]),
	);
}

function sum({folder, totalBytes, freeBytes, partialBytes}: UsageReport): string {
	const partial = partialBytes > 0 ? `, ${formatByteSize(partialBytes)} of it unfinished downloads` : '';
	return `${formatByteSize(totalBytes)} in ${folder}${partial}; ${formatByteSize(freeBytes)} are free`;
}
