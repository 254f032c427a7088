import type {OutdatedReport} from '../../contract/store.ts';
import {formatByteSize} from '../../lib/byte-size.ts';
import {exitCodes} from '../exit-code.ts';
import {isOn, type Invocation} from '../invocation.ts';
import {Spinner} from '../spinner.ts';
import {table} from '../table.ts';
import {writeLine} from '../terminal.ts';
import {writeJson} from '../write-json.ts';

export async function run(invocation: Invocation): Promise<number> {
	const {options, terminal} = invocation;
	const models = await findOutdated(invocation);
	if (isOn(options, 'json')) await writeJson(terminal.stdout, models);
	else if (models.length > 0) {
		await terminal.stdout.write(outdatedTable(models));
		await writeLine(terminal.stderr, 'mofa upgrade fetches the newer versions');
	} else await writeLine(terminal.stderr, upToDate);
	return exitCodes.ok;
}

export const upToDate = 'every model has its newest version';

/** Those of the models that were named, or of all, whose repository has moved on. */
export async function findOutdated({
	words,
	store,
	terminal,
	signal,
}: Pick<Invocation, 'words' | 'store' | 'terminal' | 'signal'>): Promise<readonly OutdatedReport[]> {
	using spinner = new Spinner(terminal);
	spinner.show('asking the Hub for newer versions');
	return await (await store()).outdated(words.length > 0 ? words : null, signal);
}

export function outdatedTable(models: readonly OutdatedReport[]): string {
	return table(
		['NAME', 'HERE', 'NEWEST', 'DOWNLOAD'],
		models.map(({model, commit, latestCommit, filesChanged, downloadBytes}) => [
			model,
			commit.slice(0, 7),
			latestCommit.slice(0, 7),
			filesChanged ? formatByteSize(downloadBytes) : 'nothing, its files are the same',
		]),
	);
}
