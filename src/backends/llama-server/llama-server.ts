import {execFile} from 'node:child_process';
import {stat} from 'node:fs/promises';
import type {Availability, Backend} from '../../contract/backend.ts';
import {MofaError} from '../../contract/error.ts';
import {findProgram} from './find-program.ts';
import {startServer, type RunningServer, type ServerOptions} from './start-server.ts';

/** llama.cpp's own server as a process beside the runner: what it can do and the library in a runner cannot is to see. */
export interface LlamaServerSession extends AsyncDisposable {
	/** Throws `load-failed` with the program's last words, `cancelled`. */
	start(options: ServerOptions): Promise<RunningServer>;
}

const hint = 'mofa backend install llama-server builds it; a llama-server in the folders of PATH will do as well';
const timeoutMs = 20_000;

/** For what was asked of an engine that cannot see, where this backend would. */
export function sightUnavailable(): MofaError {
	return new MofaError('backend-unavailable', {
		backend: 'llama-server',
		reason: 'not-installed',
		hint: `this model sees with it alone; ${hint}`,
		pack: {name: 'llama-server', bytes: null},
	});
}

export const llamaServer: Backend<LlamaServerSession> = {
	name: 'llama-server',
	probe: () => probe(),
	async probedFrom() {
		const program = await findProgram();
		if (program === null) return null;
		const {mtimeMs, size} = await stat(program);
		return [program, mtimeMs, size].join(' ');
	},
	async open() {
		const program = await findProgram();
		if (program === null)
			throw new MofaError('backend-unavailable', {backend: 'llama-server', reason: 'not-installed', hint});
		const running = new Set<RunningServer>();
		return {
			async start(options) {
				const server = await startServer(program, options);
				running.add(server);
				return server;
			},
			async [Symbol.asyncDispose]() {
				await Promise.all([...running].map(server => server[Symbol.asyncDispose]()));
			},
		};
	},
};

/** Asks the program for its version. Never throws. */
async function probe(): Promise<Availability> {
	const program = await findProgram();
	if (program === null) return {ok: false, reason: 'not-installed', hint};
	return new Promise(resolve => {
		execFile(program, ['--version'], {timeout: timeoutMs, killSignal: 'SIGKILL'}, (error, stdout, stderr) => {
			const version = /version:\s*(\S+)/.exec(`${stdout}\n${stderr}`)?.[1];
			if (error === null) resolve({ok: true, version: version ?? 'unknown', accelerator: 'cpu'});
			else resolve({ok: false, reason: 'crashed', hint: stderr.trim().slice(-300) || hint});
		});
	});
}
