import {exitCodes} from '../exit-code.ts';
import {textOf, type Invocation} from '../invocation.ts';
import {refusedRemotely} from '../remote-address.ts';
import {writeLine} from '../terminal.ts';

/** The daemon in this terminal, until Ctrl-C. Its log goes to stderr, and it takes the signals itself. */
export async function run({options, terminal}: Invocation): Promise<number> {
	const host = textOf(options, 'host');
	if (host === undefined && options['http'] !== false) {
		const next = 'name the address to listen on: mofa serve --host 127.0.0.1:8420';
		const refused = await refusedRemotely(terminal, 'a daemon listens on its own machine', next);
		if (refused !== null) return refused;
	}
	const {serve} = await import('../../daemon/main.ts');
	await serve({
		...(host !== undefined && {host}),
		http: options['http'] !== false,
		ready: addresses => void writeLine(terminal.stderr, `mofa answers at ${addresses.join(' and ')}`),
	});
	return exitCodes.ok;
}
