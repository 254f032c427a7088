import {mkdir, open, rename, stat} from 'node:fs/promises';
import path from 'node:path';
import {Writable} from 'node:stream';
import {pino, type Logger} from 'pino';

export type {Logger} from 'pino';

/** A log that grew past this is set aside as `<name>.1` when the daemon starts. */
const largest = 10_000_000;

/** Standard error, which is the log file when the command line started this process. A full disk loses lines, never a request. */
export function createLog(level: string): Logger {
	return pino({level, base: null, timestamp: pino.stdTimeFunctions.isoTime}, forgivingStderr());
}

/** Opens the file a daemon started in the background writes to; null when it cannot be written, and the daemon starts all the same. */
export async function openLogFile(file: string): Promise<number | null> {
	try {
		await mkdir(path.dirname(file), {recursive: true, mode: 0o700});
		const facts = await stat(file).catch(() => null);
		if (facts !== null && facts.size > largest) await rename(file, `${file}.1`);
		return (await open(file, 'a', 0o600)).fd;
	} catch {
		return null;
	}
}

function forgivingStderr(): Writable {
	process.stderr.on('error', () => undefined);
	return new Writable({
		write(chunk: Buffer, _encoding, done) {
			process.stderr.write(chunk, () => done());
		},
	});
}
