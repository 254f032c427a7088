import {exitCodes} from './exit-code.ts';
import {styled} from './style.ts';
import type {Terminal} from './terminal.ts';

/** What `mofa` alone says: enough to begin. */
export async function welcome({stdout}: Terminal): Promise<number> {
	const lines = [
		['mofa run', 'chat with a model, or ask it how mofa is used'],
		['mofa list', 'see the models on this machine'],
		['mofa help', 'see every command'],
	] as const;
	await stdout.write(
		`mofa runs models on your own machine.\n\n${lines.map(([line, does]) => `  ${styled(stdout, 'bold', line.padEnd(10))}  ${does}\n`).join('')}`,
	);
	return exitCodes.ok;
}
