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

/** For work after which Ctrl-C means something else again. */
export async function withInterrupt<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
	const own = new AbortController();
	const abort = (): void => own.abort();
	process.on('SIGINT', abort);
	try {
		return await work(own.signal);
	} finally {
		process.off('SIGINT', abort);
	}
}

function interrupt(): void {
	if (controller?.signal.aborted) process.exit(exitCodes.interrupted);
	controller?.abort();
}
