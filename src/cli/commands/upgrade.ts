import {formatByteSize} from '../../lib/byte-size.ts';
import {confirm} from '../confirm.ts';
import {exitCodes} from '../exit-code.ts';
import {isOn, type Invocation} from '../invocation.ts';
import {pullAll} from '../pull/pull-all.ts';
import {writeLine} from '../terminal.ts';
import {findOutdated, outdatedTable, upToDate} from './outdated.ts';

/** What is outdated is pulled again: only the files that changed are fetched. */
export async function run(invocation: Invocation): Promise<number> {
	const {options, terminal} = invocation;
	const silent = isOn(options, 'json') || isOn(options, 'quiet');
	const models = await findOutdated(invocation);
	if (models.length === 0) {
		if (!silent) await writeLine(terminal.stderr, upToDate);
		return exitCodes.ok;
	}
	if (!silent) await terminal.stderr.write(outdatedTable(models));
	const bytes = models.reduce((sum, {downloadBytes}) => sum + downloadBytes, 0);
	const question = `Download ${formatByteSize(bytes)}?`;
	const yes = silent || bytes === 0 || isOn(options, 'yes');
	const answer = await confirm(terminal, question, {yes, byDefault: true});
	if (answer === 'no') return exitCodes.failure;
	return pullAll(
		models.map(({model}) => model),
		invocation,
	);
}
