import {exitCodes} from '../exit-code.ts';
import {textOf, type Invocation} from '../invocation.ts';
import {writeLine} from '../terminal.ts';

/** The daemon in this terminal, until Ctrl-C. Its log goes to stderr, and it takes the signals itself. */
export async function run({options, terminal}: Invocation): Promise<number> {
	const {serve} = await import('../../daemon/main.ts');
	const host = textOf(options, 'host');
	await serve({
		...(host !== undefined && {host}),
		http: options['http'] !== false,
		ready: addresses => void writeLine(terminal.stderr, `mofa answers at ${addresses.join(' and ')}`),
	});
	return exitCodes.ok;
}
