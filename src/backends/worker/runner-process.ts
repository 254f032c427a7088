import {spawn, type ChildProcess} from 'node:child_process';
import {Duplex, PassThrough} from 'node:stream';
import {setTimeout as delay} from 'node:timers/promises';
import type {Failures} from '../../contract/error.ts';
import {oomKills} from './resident-set.ts';
import {explainDeath, type Verdict} from './runner-death.ts';
import {runnerEnvironment} from './runner-environment.ts';
import {RunnerLog} from './runner-log.ts';

export interface RunnerProcessOptions {
	/** Absolute path of the script that calls `serveRunner`. */
	readonly entry: string;
	/** Name of the model, for errors and for `ps`. */
	readonly model: string;
	readonly env?: Readonly<Record<string, string>>;
	readonly log: (line: string) => void;
}

/** Weights live outside of V8's heap; this bounds what is left: vocabularies, templates, buffers' handles. */
const heapMegabytes = 1024;
/** How long a process that is gone may keep its last words, and a condemned one its entry in the process table. */
const lastWordsMs = 200;
const burialMs = 500;

/** A child process and the reason it died of. Knows nothing of what is said over its channel. */
export class RunnerProcess {
	readonly pid: number;
	readonly transport: Duplex;
	readonly log: RunnerLog;
	/** Resolves soon after it is gone, or after it was condemned, whatever the kernel makes of that. */
	readonly death: Promise<Failures['runner-failed']>;
	readonly #child: ChildProcess;
	#verdict: Verdict | undefined;
	#fault: string | undefined;
	#condemned: () => void = () => {};

	constructor(options: RunnerProcessOptions) {
		const oomKillsBefore = oomKills();
		this.#child = spawn(
			process.execPath,
			[`--max-old-space-size=${heapMegabytes}`, options.entry, options.model],
			// `overlapped` is `pipe`, except on Windows, where a duplex pipe needs it.
			{
				stdio: ['ignore', 'pipe', 'pipe', 'overlapped'],
				env: runnerEnvironment(process.env, options.env),
				windowsHide: true,
			},
		);
		const exit = this.#exit();
		this.pid = this.#child.pid ?? 0;
		this.transport = this.#channelEnd();
		this.log = new RunnerLog(options.log);
		if (this.#child.stdout) this.log.follow(this.#child.stdout);
		if (this.#child.stderr) this.log.follow(this.#child.stderr);
		this.death = this.#gone(exit).then(({code, signal}) =>
			explainDeath(options.model, {
				verdict: this.#verdict,
				fault: this.#fault,
				code,
				signal,
				tail: this.log.tail,
				oomKill: oomKills() !== oomKillsBefore,
			}),
		);
	}

	/** Its own last words, which say more than its log. */
	noteFault(problem: string): void {
		this.#fault = problem;
	}

	/** Ends it at once and for this reason; the first reason stays. */
	condemn(verdict: Verdict): void {
		this.#verdict ??= verdict;
		this.#child.kill('SIGKILL');
		this.#condemned();
	}

	signal(signal: 'SIGTERM' | 'SIGKILL'): void {
		this.#child.kill(signal);
	}

	#channelEnd(): Duplex {
		// Without a free descriptor nothing was made, and the error event says so.
		const end = this.#child.stdio?.[3];
		return end instanceof Duplex ? end : new PassThrough().destroy();
	}

	#exit(): Promise<void> {
		return new Promise(resolve => {
			this.#child.once('exit', () => resolve());
			this.#child.on('error', error => {
				// A start that failed, not a signal that did: there will be no exit.
				if (this.#child.pid !== undefined) return;
				this.#verdict ??= {reason: 'exited', detail: `it did not start: ${error.message}`};
				resolve();
			});
		});
	}

	async #gone(exit: Promise<void>): Promise<{readonly code: number | null; readonly signal: NodeJS.Signals | null}> {
		const written = new Promise<void>(resolve => {
			this.#child.once('close', () => resolve());
		});
		const condemned = new Promise<void>(resolve => {
			this.#condemned = resolve;
		});
		await Promise.race([exit, condemned.then(() => delay(burialMs, undefined, {ref: false}))]);
		await Promise.race([written, delay(lastWordsMs, undefined, {ref: false})]);
		return {code: this.#child.exitCode, signal: this.#child.signalCode};
	}
}
