import {spawn, spawnSync} from 'node:child_process';
import {existsSync, mkdtempSync, rmSync} from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const bin = path.resolve(import.meta.dirname, '../../bin/mofa.cjs');

export interface MofaOptions {
	/** Piped in; absent: nothing. */
	readonly input?: string;
	readonly env?: Readonly<Record<string, string | undefined>>;
	/** Folder to stand in. */
	readonly cwd?: string;
	/** All three streams are one terminal of 80 columns; what appears on it comes back as `stdout`. */
	readonly tty?: boolean;
	/** Milliseconds until it is killed; it never takes that long. */
	readonly timeoutMs?: number;
	/** Called with everything on stdout so far, and the process: to interrupt it at the right moment. */
	readonly onOutput?: (stdout: string, kill: (signal: NodeJS.Signals) => void) => void;
}

export interface MofaResult {
	readonly stdout: string;
	readonly stderr: string;
	readonly code: number | null;
}

/** Whether a terminal can be made for a command here. */
export const hasTerminals: boolean =
	process.platform === 'linux' && spawnSync('script', ['--version'], {stdio: 'ignore'}).status === 0;

/** A home of its own for the built program, as if it was never used before. Ends its daemon and is deleted at the end. */
export class Home implements AsyncDisposable {
	readonly folder: string = mkdtempSync(path.join(os.tmpdir(), 'mofa-home-'));

	mofa(args: readonly string[], options: MofaOptions = {}): Promise<MofaResult> {
		if (!existsSync(path.resolve(bin, '../../dist/cli/main.cjs'))) throw new Error('build first: npm run build');
		const [command, ...rest] = options.tty === true ? inTerminal(args) : [process.execPath, bin, ...args];
		const child = spawn(command ?? '', rest, {cwd: options.cwd ?? this.folder, env: this.#env(options.env)});
		const timer = setTimeout(() => child.kill('SIGKILL'), options.timeoutMs ?? 60_000);
		let stdout = '';
		let stderr = '';
		child.stdout.setEncoding('utf8').on('data', (text: string) => {
			stdout += text;
			options.onOutput?.(stdout, signal => void child.kill(signal));
		});
		child.stderr.setEncoding('utf8').on('data', (text: string) => {
			stderr += text;
		});
		child.stdin.on('error', () => undefined);
		child.stdin.end(options.input ?? '');
		return new Promise((resolve, reject) => {
			child.on('error', reject);
			child.on('close', code => {
				clearTimeout(timer);
				resolve({stdout, stderr, code});
			});
		});
	}

	async [Symbol.asyncDispose](): Promise<void> {
		await this.mofa(['stop', '--all']);
		rmSync(this.folder, {recursive: true, force: true});
	}

	/** Nothing of this machine's settings, colours or caches; HTTP is off, so that homes do not share a port. */
	#env(more: MofaOptions['env']): NodeJS.ProcessEnv {
		const {PATH} = process.env;
		return {PATH, HOME: this.folder, TERM: 'xterm-256color', LANG: 'C.UTF-8', MOFA_HOST: 'off', ...more};
	}
}

function inTerminal(args: readonly string[]): readonly string[] {
	const line = [process.execPath, bin, ...args].map(word => `'${word.replaceAll("'", "'\\''")}'`).join(' ');
	return ['script', '--quiet', '--return', '--flush', '--command', `stty cols 80 rows 24; ${line}`, '/dev/null'];
}
