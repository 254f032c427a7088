import {spawn, type ChildProcess, type SpawnOptions} from 'node:child_process';
import {setTimeout as delay} from 'node:timers/promises';

/** A process that ends with this one, however this one ends. */
export interface Program {
	readonly pid: number | null;
	/** Resolves when it is gone. */
	readonly ended: Promise<void>;
	/** Whether it was asked to end. */
	readonly isStopped: boolean;
	isOver(): boolean;
	/** The line it wrote last that says something of a failure, else the last line. */
	words(): string;
	/** Ends it and waits until it is gone. */
	stop(): Promise<void>;
}

/**
 * A shell waits for the end of its standard input, which comes when this process is gone, and ends the program then. The
 * program itself reads nothing.
 */
const guard =
	'exec 3<&0; "$@" </dev/null 3<&- & p=$!; { read -r _ <&3; kill -9 $p; } >/dev/null 2>&1 & r=$!; ' +
	'wait $p; s=$?; kill $r 2>/dev/null; exit $s';

/** Milliseconds in which the shell has ended the program. */
const stopMs = 2000;
/** Characters of what it says. */
const largestLog = 8000;

export function launch(file: string, words: readonly string[]): Program {
	const child = start(file, words);
	const log = logOf(child);
	const ended = new Promise<void>(resolve => {
		child.once('exit', () => resolve());
		child.once('error', () => resolve());
	});
	const isOver = (): boolean => child.exitCode !== null || child.signalCode !== null || child.pid === undefined;
	let isStopped = false;
	return {
		pid: child.pid ?? null,
		ended,
		get isStopped() {
			return isStopped;
		},
		isOver,
		words: () => lastWords(log(), child),
		async stop() {
			isStopped = true;
			if (isOver()) return;
			child.stdin?.end();
			if (process.platform === 'win32') child.kill('SIGKILL');
			await Promise.race([ended, delay(stopMs, undefined, {ref: false})]);
			if (!isOver()) child.kill('SIGKILL');
			await ended;
		},
	};
}

function start(file: string, words: readonly string[]): ChildProcess {
	const settings: SpawnOptions = {stdio: ['pipe', 'ignore', 'pipe'], windowsHide: true, env: ownEnvironment()};
	if (process.platform === 'win32') return spawn(file, words, settings);
	return spawn('/bin/sh', ['-c', guard, 'mofa', file, ...words], settings);
}

/** What somebody set for a server of their own is not meant for this one. */
function ownEnvironment(): NodeJS.ProcessEnv {
	return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('LLAMA_')));
}

function logOf(child: ChildProcess): () => string {
	let said = '';
	child.on('error', error => (said += error.message));
	child.stdin?.on('error', () => undefined);
	child.stderr?.setEncoding('utf8').on('data', (text: string) => (said = `${said}${text}`.slice(-largestLog)));
	return () => said;
}

function lastWords(log: string, {exitCode, signalCode}: ChildProcess): string {
	const lines = log
		.split('\n')
		.map(line => line.trim())
		.filter(line => line !== '');
	const problem = lines.findLast(line => /error|fail|invalid|unable|unknown|mismatch/i.test(line));
	return (problem ?? lines.at(-1) ?? `it ended with ${signalCode ?? exitCode}`).slice(0, 300);
}
