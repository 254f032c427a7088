import type {Warning} from '../contract/task.ts';
import {styled} from './style.ts';
import {writeLine, type Terminal} from './terminal.ts';
import {typedName, type TypedNames} from './typed-words.ts';

/** A line on stderr about what a model could not honour, by what was typed for it. */
export async function tellWarning(
	{stderr}: Pick<Terminal, 'stderr'>,
	{setting, message}: Warning,
	names: TypedNames = {},
): Promise<void> {
	await writeLine(stderr, `${styled(stderr, 'yellow', 'warning:')} ${typedName(setting, names)}: ${message}`);
}
