import {isatty} from 'node:tty';
import {MofaError} from '../contract/error.ts';
import {formatByteSize} from '../lib/byte-size.ts';
import {wantsColor} from './style.ts';
import {OutputClosed, type Input, type Output, type Spin, type Terminal, type ReadLimit} from './terminal.ts';

/** The terminal of this process. */
export function processTerminal(): Terminal {
	const stdin = standardInput();
	const stderr = output(process.stderr, 'stderr');
	return {
		stdin,
		stdout: output(process.stdout, 'stdout'),
		stderr,
		env: process.env,
		canAsk: stdin.isTerminal && stderr.isTerminal,
		ask,
		spin,
	};
}

function output(stream: NodeJS.WriteStream, name: 'stdout' | 'stderr'): Output {
	// Without a listener a closed pipe would end the process with a stack trace; `write` reports it instead.
	stream.on('error', () => undefined);
	return {
		isTerminal: stream.isTTY === true,
		get columns() {
			return stream.columns || 80;
		},
		get rows() {
			return stream.rows || 24;
		},
		color: wantsColor(stream.isTTY === true, process.env),
		write: content =>
			new Promise((resolve, reject) => {
				stream.write(content, error => {
					// Nobody reads our complaints: no reason to stop working.
					if (!error || name === 'stderr') resolve();
					else reject(writeFailure(error));
				});
			}),
	};
}

function writeFailure(error: Error): Error {
	const code = 'code' in error ? error.code : undefined;
	if (code === 'EPIPE' || code === 'ERR_STREAM_DESTROYED') return new OutputClosed('standard output is closed');
	return new MofaError('file-error', {path: 'standard output', problem: error.message}, {cause: error});
}

function standardInput(): Input {
	return {
		// Asked of the descriptor: touching process.stdin opens it, which few commands need.
		isTerminal: isatty(0),
		readAll: async options => (await readStandardInput(options)).toString('utf8'),
		readBytes: readStandardInput,
		async *chunks(signal) {
			const stop = (): unknown => process.stdin.destroy();
			if (signal.aborted) return;
			signal.addEventListener('abort', stop, {once: true});
			try {
				for await (const chunk of process.stdin as AsyncIterable<Uint8Array>) yield chunk;
			} catch {
				// A closed or missing descriptor is the same as nothing to read, and so is one that an abort has closed.
			} finally {
				signal.removeEventListener('abort', stop);
			}
		},
	};
}

async function ask(question: string): Promise<string> {
	const {createInterface} = await import('node:readline');
	const lines = createInterface({input: process.stdin, output: process.stderr});
	try {
		return await new Promise<string>((resolve, reject) => {
			lines.on('SIGINT', () => reject(new MofaError('cancelled', {})));
			lines.on('close', () => resolve(''));
			lines.question(question, resolve);
		});
	} finally {
		lines.close();
	}
}

async function spin(text: string): Promise<Spin> {
	// Some terminals do not know their width, and ora would clear infinitely many lines of them.
	if (!process.stderr.columns) return {update() {}, stop() {}};
	const {default: ora} = await import('ora');
	// Typing ahead must reach whatever reads stdin next, so ora may not swallow it.
	const spinner = ora({text, stream: process.stderr, discardStdin: false, isEnabled: true}).start();
	return {
		update(next) {
			spinner.text = next;
		},
		stop: () => void spinner.stop(),
	};
}

async function readStandardInput({limit, signal}: ReadLimit): Promise<Buffer> {
	const chunks: Uint8Array[] = [];
	let bytes = 0;
	const stop = (): unknown => process.stdin.destroy();
	signal.addEventListener('abort', stop);
	try {
		for await (const chunk of process.stdin as AsyncIterable<Uint8Array>) {
			bytes += chunk.byteLength;
			if (bytes > limit)
				throw new MofaError('invalid-request', {
					path: 'standard input',
					expected: `at most ${formatByteSize(limit)}`,
				});
			chunks.push(chunk);
		}
	} catch (error) {
		if (MofaError.is(error)) throw error;
		// A closed or missing descriptor is the same as nothing to read; an abort is looked at below.
	} finally {
		signal.removeEventListener('abort', stop);
	}
	if (signal.aborted) throw new MofaError('cancelled', {});
	return Buffer.concat(chunks);
}
