import {writeFile} from 'node:fs/promises';
import type {RunEvent} from '../../contract/progress.ts';
import {MofaError} from '../../contract/error.ts';
import type {TaskName} from '../../contract/task.ts';
import {stringifyBinary} from '../../lib/binary-json.ts';
import {warn} from '../pipe/pipe.ts';
import {Spinner} from '../spinner.ts';
import {writeLine, type Terminal} from '../terminal.ts';

/** Each event of a task as a line of JSON, bytes as base64; to a file when all have come, or to standard output as they come. */
export async function writeEvents(
	events: AsyncIterable<RunEvent<TaskName>>,
	output: string | null,
	terminal: Terminal,
): Promise<void> {
	using spinner = new Spinner(terminal);
	const lines: string[] = [];
	for await (const event of events) {
		spinner.stop();
		if (event.type === 'load-progress') spinner.show(`loading ${event.model} ${Math.round(event.fraction * 100)}%`);
		else if (event.type === 'warning') await warn(terminal, `${event.warning.setting}: ${event.warning.message}`);
		else if (event.type !== 'load-end' && event.type !== 'heard') {
			if (output === null) await writeLine(terminal.stdout, stringifyBinary(event));
			else lines.push(`${stringifyBinary(event)}\n`);
		}
	}
	if (output === null) return;
	try {
		await writeFile(output, lines.join(''));
	} catch (error) {
		const problem = error instanceof Error ? error.message : String(error);
		throw new MofaError('file-error', {path: output, problem}, {cause: error});
	}
}
