import type {Terminal} from './terminal.ts';

/** `unasked`: nobody is there to answer, and `--yes` was not given. */
export type Answer = 'yes' | 'no' | 'unasked';

/** An empty answer takes the default, the one in capitals. */
export async function confirm(
	terminal: Terminal,
	question: string,
	{yes, byDefault}: {readonly yes: boolean; readonly byDefault: boolean},
): Promise<Answer> {
	if (yes) return 'yes';
	if (!terminal.canAsk) return 'unasked';
	const typed = (await terminal.ask(`${question} ${byDefault ? '[Y/n]' : '[y/N]'} `)).trim().toLowerCase();
	if (typed === '') return byDefault ? 'yes' : 'no';
	return typed === 'y' || typed === 'yes' ? 'yes' : 'no';
}
