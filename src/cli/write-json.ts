import {writeLine, type Output} from './terminal.ts';

/** One JSON document with a newline after it: all that stdout ever holds behind `--json`. */
export async function writeJson(output: Output, value: unknown): Promise<void> {
	await writeLine(output, JSON.stringify(value, null, 2));
}
