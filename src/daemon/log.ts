import {Writable} from 'node:stream';
import {pino, type Logger} from 'pino';

export type {Logger} from 'pino';

/** Standard error, which is the log file when the command line started this process. A full disk loses lines, never a request. */
export function createLog(level: string): Logger {
	return pino({level, base: null, timestamp: pino.stdTimeFunctions.isoTime}, forgivingStderr());
}

function forgivingStderr(): Writable {
	process.stderr.on('error', () => undefined);
	return new Writable({
		write(chunk: Buffer, _encoding, done) {
			process.stderr.write(chunk, () => done());
		},
	});
}
