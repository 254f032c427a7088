import {spawn, spawnSync, type ChildProcess} from 'node:child_process';
import {binary, type User} from './user.ts';

/** `script` of util-linux gives a command a terminal of its own. */
export const scriptPresent: boolean =
	spawnSync('script', ['--version'], {encoding: 'utf8'}).stdout?.includes('util-linux') ?? false;
if (!scriptPresent) console.warn('SKIPPED: tests of a terminal need script from util-linux');

export interface PseudoTerminal {
	readonly child: ChildProcess;
	type(keys: string): void;
	/** Everything that was written to the terminal, escape sequences included. */
	raw(): string;
	/** Resolves when the text is on the screen, after what an earlier call waited for. */
	shows(text: string | RegExp): Promise<void>;
	readonly ended: Promise<number | null>;
}

/** Runs mofa in a terminal of 80 columns and 24 rows. */
export function startInTerminal(user: User, argv: readonly string[], env: NodeJS.ProcessEnv = {}): PseudoTerminal {
	const command = [process.execPath, binary, ...argv].map(quoted).join(' ');
	const child = spawn('script', ['-qec', `stty rows 24 cols 80; exec ${command}`, '/dev/null'], {
		env: {...user.env, TERM: 'xterm-256color', ...env},
		cwd: user.home,
		stdio: ['pipe', 'pipe', 'inherit'],
	});
	child.stdin.on('error', () => undefined);
	let raw = '';
	let seen = 0;
	child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
		raw += chunk;
	});
	const ended = new Promise<number | null>(resolve => child.once('close', resolve));
	return {
		child,
		ended,
		raw: () => raw,
		type: keys => void child.stdin.write(keys),
		shows: text =>
			new Promise((resolve, reject) => {
				const look = (): void => {
					const screen = plain(raw).slice(seen);
					const found = typeof text === 'string' ? text : text.exec(screen)?.[0];
					if (found === undefined || !screen.includes(found)) return;
					// What came with it in one piece is still to be found.
					seen += screen.indexOf(found) + found.length;
					child.stdout.off('data', look);
					resolve();
				};
				child.stdout.on('data', look);
				look();
				void ended.then(() => reject(new Error(`it ended without showing ${String(text)}:\n${plain(raw)}`)));
			}),
	};
}

/** Without escape sequences and carriage returns. */
export function plain(text: string): string {
	const escape = String.fromCharCode(27);
	return text
		.replaceAll(
			new RegExp(
				`${escape}\\[[0-9;?<>=]*[ -/]*[@-~]|${escape}\\][^${escape}]*(?:${escape}\\\\|\\u0007)|${escape}[=>78]`,
				'g',
			),
			'',
		)
		.replaceAll('\r', '');
}

const quoted = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`;
