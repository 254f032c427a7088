import {exitCodes} from './exit-code.ts';

let controller: AbortController | undefined;

/**
 * Aborts on Ctrl-C or SIGTERM so that a command can end in order; a second one ends the process at once.
 * Until this is first called the signals keep their usual effect.
 */
export function interruptSignal(): AbortSignal {
	if (controller === undefined) {
		controller = new AbortController();
		process.on('SIGINT', interrupt);
		process.on('SIGTERM', interrupt);
	}
	return controller.signal;
}

function interrupt(): void {
	if (controller?.signal.aborted) process.exit(exitCodes.interrupted);
	controller?.abort();
}
