import {exitCodes} from '../exit-code.ts';
import {isOn, type Invocation} from '../invocation.ts';
import {resolveModelName} from '../model-name.ts';
import {table} from '../table.ts';
import {writeLine} from '../terminal.ts';
import {writeJson} from '../write-json.ts';

export async function run({client, words, options, terminal}: Invocation): Promise<number> {
	const [model] = words;
	const voices = await (await client()).voices(model === undefined ? undefined : resolveModelName(model));
	if (isOn(options, 'json')) await writeJson(terminal.stdout, voices);
	else if (voices.length > 0)
		await terminal.stdout.write(
			table(
				['VOICE', 'LANGUAGE', 'MODEL', 'DESCRIPTION'],
				voices.map(({name, language, model: speaker, description}) => [name, language, speaker, description ?? '']),
				undefined,
				terminal.stdout,
			),
		);
	else
		await writeLine(
			terminal.stderr,
			model === undefined ? 'no model here speaks' : `${model} has no voices; mofa voices shows those of all models`,
		);
	return exitCodes.ok;
}
