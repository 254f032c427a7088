import {quoted} from '../../lib/quoted.ts';
import {exitCodes} from '../exit-code.ts';
import {isOn, type Invocation} from '../invocation.ts';
import {resolveModelName} from '../model-name.ts';
import {writeLine} from '../terminal.ts';

/** A second name for a model; its files stay where they are. */
export async function run({words, options, terminal, store}: Invocation): Promise<number> {
	const [model = '', alias = ''] = words;
	const made = await (await store()).alias({model: resolveModelName(model), alias, force: isOn(options, 'force')});
	await writeLine(terminal.stdout, `${made.alias} is ${made.model}: mofa run ${quoted(made.alias)}`);
	return exitCodes.ok;
}
