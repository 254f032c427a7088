import type {ModelReport} from '../../contract/report.ts';
import {formatByteSize} from '../../lib/byte-size.ts';
import {exitCodes} from '../exit-code.ts';
import {relativeTime} from '../human-time.ts';
import {isOn, type Invocation} from '../invocation.ts';
import {table} from '../table.ts';
import {writeLine, type Output} from '../terminal.ts';
import {writeJson} from '../write-json.ts';

export async function run({client, words, options, terminal}: Invocation): Promise<number> {
	const prefix = (words[0] ?? '').toLowerCase();
	const models = (await (await client()).models()).filter(({name, aliases}) =>
		[name, ...aliases].some(known => known.toLowerCase().startsWith(prefix)),
	);
	if (isOn(options, 'json')) await writeJson(terminal.stdout, models);
	else if (models.length > 0) await terminal.stdout.write(modelTable(models, terminal.stdout));
	else
		await writeLine(
			terminal.stderr,
			prefix === ''
				? 'no models yet; mofa pull qwen3 fetches one, and mofa run takes the path of any GGUF file: mofa run ./model.gguf'
				: `no model begins with "${words[0]}"; mofa list shows all`,
		);
	return exitCodes.ok;
}

/** The column of notes is there when there is something to note. */
function modelTable(models: readonly ModelReport[], stdout: Output): string {
	const now = Date.now();
	const notes = models.map(noteOf);
	const noted = notes.some(note => note !== '');
	return table(
		['NAME', 'SIZE', 'TASKS', 'FORMAT', 'MODIFIED', 'LAST USED', ...(noted ? ['NOTE'] : [])],
		models.map((model, index) => [
			model.name,
			sizeOf(model),
			model.tasks.join(','),
			[model.format, model.quantization].filter(part => part !== null).join(' '),
			model.modifiedAt === null ? 'built in' : relativeTime(model.modifiedAt, now),
			model.lastUsedAt === null ? '-' : relativeTime(model.lastUsedAt, now),
			notes[index] ?? '',
		]),
		undefined,
		stdout,
	);
}

function sizeOf({state, bytes, presentBytes}: ModelReport): string {
	if (bytes === 0) return '-';
	return state === 'partial' ? `${formatByteSize(presentBytes)} of ${formatByteSize(bytes)}` : formatByteSize(bytes);
}

function noteOf({name, state, origin, aliases}: ModelReport): string {
	const elsewhere = origin !== null && origin !== 'huggingface';
	return [
		...(aliases.length > 0 ? [`also ${aliases.join(', ')}`] : []),
		...(state === 'partial' ? [`not complete: mofa pull ${name} goes on`] : []),
		...(state === 'gone' ? [`deleted by ${origin ?? 'someone else'}`] : elsewhere ? [`of ${origin}`] : []),
	].join('; ');
}
