import {spawn, type ChildProcess} from 'node:child_process';
import {existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type {Readable} from 'node:stream';
import {setTimeout as pause} from 'node:timers/promises';
import {onTestFinished} from 'vitest';
import type {Client} from '../../src/client/client.ts';
import {createHttpClient} from '../../src/client/http-client.ts';
import {pidLockOwner} from '../../src/lib/pid-lock.ts';
import {pathsFrom, type Paths} from '../../src/settings/paths.ts';
import {repositoryRoot} from './bundle.ts';
import {childrenOf, isAlive} from './processes.ts';

export const binary: string = path.join(repositoryRoot, 'bin/mofa.cjs');
/** The guide that ships with mofa: a real model, there on every clone. */
export const guideFile: string = path.join(repositoryRoot, 'registry/starter/guide/guide.gguf');
export const guidePresent: boolean =
	existsSync(guideFile) && existsSync(path.join(repositoryRoot, 'dist/cli/main.cjs'));
if (!guidePresent) console.warn(`SKIPPED: tests of the built mofa need ${guideFile} and dist/ (npm run build)`);

/** Many processes start and load native code: minutes on a machine that is busy with something else. */
export const patience = {timeout: 180_000} as const;

/** An answer that can only be long, and can only be numbers. */
export const longFormat = {
	type: 'json-schema',
	schema: {type: 'array', items: {type: 'integer', minimum: 100, maximum: 999}, minItems: 250, maxItems: 250},
} as const;

export interface Outcome {
	readonly code: number | null;
	readonly signal: NodeJS.Signals | null;
	readonly out: string;
	readonly err: string;
}

export interface Running {
	readonly child: ChildProcess;
	readonly ended: Promise<Outcome>;
	/** Resolves when the text has come on that stream; rejects with all that came instead. */
	says(stream: 'stdout' | 'stderr', text: string | RegExp): Promise<string>;
}

export interface RunOptions {
	readonly stdin?: string | Buffer | undefined;
	readonly env?: NodeJS.ProcessEnv | undefined;
	readonly cwd?: string | undefined;
}

/** One user of the built command line, with a home, a model cache and a daemon of their own. */
export class User implements AsyncDisposable {
	readonly home: string;
	readonly env: NodeJS.ProcessEnv;
	readonly paths: Paths;
	readonly #running = new Set<ChildProcess>();
	readonly #daemons = new Set<number>();

	constructor(env: NodeJS.ProcessEnv = {}) {
		this.home = mkdtempSync(path.join(os.tmpdir(), 'mofa-user-'));
		const inherited = Object.entries(process.env).filter(
			([name]) => !/^(MOFA_|HF_|XDG_|NO_COLOR$|FORCE_COLOR$|CI$)/.test(name),
		);
		this.env = {
			...Object.fromEntries(inherited),
			MOFA_HOME: path.join(this.home, 'mofa'),
			MOFA_HOST: 'off',
			// More threads than free cores make a busy machine crawl.
			MOFA_THREADS: '1',
			// Should a test leave its daemon behind, it does not stay.
			MOFA_KEEP_ALIVE: '2m',
			MOFA_IDLE_EXIT: '2m',
			HF_HUB_CACHE: path.join(this.home, 'hub'),
			...env,
		};
		mkdirSync(path.join(this.home, 'files'));
		this.paths = pathsFrom({env: this.env, platform: process.platform, home: this.home, temporary: os.tmpdir()});
	}

	/** The path of `longFormat`'s schema, for `--format`. */
	longSchema(): string {
		const file = this.file('long.json');
		writeFileSync(file, JSON.stringify(longFormat.schema));
		return file;
	}

	/** A path in this user's own folder for files. */
	file(name: string): string {
		return path.join(this.home, 'files', name);
	}

	start(argv: readonly string[], {stdin = '', env = {}, cwd}: RunOptions = {}): Running {
		const child = spawn(process.execPath, [binary, ...argv], {
			env: {...this.env, ...env},
			cwd: cwd ?? this.home,
			stdio: ['pipe', 'pipe', 'pipe'],
		});
		this.#running.add(child);
		// One that ends without reading its input closes the pipe on us.
		child.stdin.on('error', () => undefined);
		child.stdin.end(stdin);
		const texts = {stdout: gather(child.stdout), stderr: gather(child.stderr)};
		const ended = new Promise<Outcome>((resolve, reject) => {
			child.once('error', reject);
			child.once('close', (code, signal) => {
				this.#running.delete(child);
				this.daemonPid();
				resolve({code, signal, out: texts.stdout(), err: texts.stderr()});
			});
		});
		return {
			child,
			ended,
			says: (stream, text) =>
				new Promise((resolve, reject) => {
					const look = (): void => {
						const said = texts[stream]();
						if (typeof text === 'string' ? said.includes(text) : text.test(said)) resolve(said);
					};
					child[stream].on('data', look);
					look();
					ended.then(outcome => {
						look();
						reject(new Error(`it ended without saying ${String(text)}: ${JSON.stringify(outcome)}`));
					}, reject);
				}),
		};
	}

	run(argv: readonly string[], options: RunOptions = {}): Promise<Outcome> {
		return this.start(argv, options).ended;
	}

	/** Also starts the daemon when none runs. */
	async daemon(): Promise<Daemon> {
		const {code, err} = await this.run(['list']);
		if (code !== 0) throw new Error(err);
		const client = this.client();
		const {pid, address} = await client.version();
		return {pid, client, url: address ?? ''};
	}

	client(): Client {
		return createHttpClient({socketPath: this.paths.socket});
	}

	/** The living owner of the daemon's lock. */
	daemonPid(): number | undefined {
		const owner = pidLockOwner(this.paths.lock);
		if (owner !== undefined) this.#daemons.add(owner);
		return owner;
	}

	log(): string {
		return existsSync(this.paths.log) ? readFileSync(this.paths.log, 'utf8') : '';
	}

	/** Leaves no process and no file behind, however the test went. */
	async [Symbol.asyncDispose](): Promise<void> {
		for (const child of this.#running) child.kill('SIGKILL');
		this.daemonPid();
		const daemons = [...this.#daemons];
		const all = daemons.concat(daemons.flatMap(childrenOf));
		for (const pid of all) kill(pid);
		await until('everything this user started is gone', () => all.every(pid => !isAlive(pid)));
		rmSync(this.home, {recursive: true, force: true});
	}
}

/** A user who is gone when the test ends. */
export function newUser(env: NodeJS.ProcessEnv = {}): User {
	const user = new User(env);
	onTestFinished(() => user[Symbol.asyncDispose]());
	return user;
}

export interface Daemon {
	readonly pid: number;
	readonly client: Client;
	/** `http://127.0.0.1:PORT`; empty where HTTP is off. */
	readonly url: string;
}

/** Looks again and again until it is so. Throws after `limitMs`. */
export async function until(what: string, isSo: () => boolean | Promise<boolean>, limitMs = 60_000): Promise<void> {
	const deadline = Date.now() + limitMs;
	while (!(await isSo())) {
		if (Date.now() > deadline) throw new Error(`waited ${limitMs} ms in vain until ${what}`);
		await pause(5);
	}
}

function gather(stream: Readable): () => string {
	const chunks: Buffer[] = [];
	stream.on('data', (chunk: Buffer) => chunks.push(chunk));
	return () => Buffer.concat(chunks).toString('utf8');
}

function kill(pid: number): void {
	try {
		process.kill(pid, 'SIGKILL');
	} catch {
		// It has gone by itself.
	}
}
