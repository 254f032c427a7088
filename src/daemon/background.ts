import {closeSync, writeSync} from 'node:fs';
import {MofaError} from '../contract/error.ts';
import {serve} from './main.ts';

/** The daemon as the command line starts it: it tells the one who waits for it how the start went, and nothing else. */
process.title = 'mofa daemon';
try {
	await serve({background: true, ready: () => report({ready: true})});
	process.exit(0);
} catch (error) {
	report({failure: MofaError.from(error).toWire()});
	process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
	process.exit(1);
}

/** One JSON line on the pipe named in MOFA_READY_FD; nobody may be listening any more. */
function report(outcome: object): void {
	const fd = Number(process.env['MOFA_READY_FD'] ?? '');
	if (!Number.isInteger(fd) || fd < 3) return;
	try {
		writeSync(fd, `${JSON.stringify(outcome)}\n`);
		closeSync(fd);
	} catch {
		// The one who started us has gone.
	}
}
