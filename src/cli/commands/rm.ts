import {formatByteSize} from '../../lib/byte-size.ts';
import {confirm} from '../confirm.ts';
import {exitCodes} from '../exit-code.ts';
import {isOn, type Invocation} from '../invocation.ts';
import {resolveModelName} from '../model-name.ts';
import {usageFailure} from '../report-failure.ts';
import {writeLine} from '../terminal.ts';

/** Every name is looked up before anything is deleted, so a misspelt one costs nothing. */
export async function run({client: connect, words, options, terminal}: Invocation): Promise<number> {
	const client = await connect();
	const models = [];
	for (const word of words) models.push(await client.model(resolveModelName(word)));
	const size = formatByteSize(models.reduce((sum, {bytes}) => sum + bytes, 0));
	const question = `Delete ${models.map(({name}) => name).join(', ')} (${size})?`;
	const answer = await confirm(terminal, question, {yes: isOn(options, 'yes'), byDefault: false});
	if (answer === 'unasked') return usageFailure(terminal, 'nobody is there to confirm the deletion', 'add --yes');
	if (answer === 'no') {
		await writeLine(terminal.stderr, 'nothing was deleted');
		return exitCodes.failure;
	}
	for (const {name} of models) {
		const {freedBytes} = await client.removeModel(name, {force: isOn(options, 'force')});
		await writeLine(terminal.stdout, `deleted ${name}, freed ${formatByteSize(freedBytes)}`);
	}
	return exitCodes.ok;
}
