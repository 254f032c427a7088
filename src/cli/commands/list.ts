import type {ModelReport} from '../../contract/report.ts';
import {formatByteSize} from '../../lib/byte-size.ts';
import {exitCodes} from '../exit-code.ts';
import {relativeTime} from '../human-time.ts';
import {isOn, type Invocation} from '../invocation.ts';
import {table} from '../table.ts';
import {writeLine} from '../terminal.ts';
import {writeJson} from '../write-json.ts';

export async function run({client, words, options, terminal}: Invocation): Promise<number> {
	const prefix = (words[0] ?? '').toLowerCase();
	const models = (await (await client()).models()).filter(({name}) => name.toLowerCase().startsWith(prefix));
	if (isOn(options, 'json')) await writeJson(terminal.stdout, models);
	else if (models.length > 0) await terminal.stdout.write(modelTable(models));
	else
		await writeLine(
			terminal.stderr,
			prefix === ''
				? 'no models yet; mofa pull qwen3 fetches one, and mofa run takes the path of any GGUF file: mofa run ./model.gguf'
				: `no model begins with "${words[0]}"; mofa list shows all`,
		);
	return exitCodes.ok;
}

function modelTable(models: readonly ModelReport[]): string {
	const now = Date.now();
	return table(
		['NAME', 'SIZE', 'TASKS', 'FORMAT', 'MODIFIED'],
		models.map(model => [
			model.name,
			formatByteSize(model.bytes),
			model.tasks.join(','),
			[model.format, model.quantization].filter(part => part !== null).join(' '),
			model.modifiedAt === null ? 'built in' : relativeTime(model.modifiedAt, now),
		]),
	);
}
