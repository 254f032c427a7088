import type {Client} from '../client/client.ts';
import {MofaError} from '../contract/error.ts';
import {openChat} from './chat.ts';
import {defaultSettings, type ChatSettings} from './chat-settings.ts';
import {editText, editorCommand} from './effects/text-editor.ts';
import {welcomeLines} from './notices.ts';
import {initialState} from './state.ts';
import {createStore} from './store.ts';
import {createTerminal} from './terminal.ts';
import {colorTheme, plainTheme} from './theme.ts';
import type {MountOptions, View} from './components/mount.tsx';

export interface ChatOptions {
	readonly client: Client;
	/** As `mofa run` would take it. */
	readonly model: string;
	readonly task: 'chat' | 'completion';
	/** Why this model, when the user did not choose it. */
	readonly because?: string | undefined;
	/** What the command line set; the rest is as usual. */
	readonly settings?: Partial<ChatSettings>;
	/** Null: nothing typed is kept. */
	readonly historyFile: string | null;
	readonly sessionsFolder: string;
	/** Whether colours are wanted; weight and slant stay without them. */
	readonly color: boolean;
	readonly env: Readonly<Record<string, string | undefined>>;
	readonly stdin: NodeJS.ReadStream;
	readonly stdout: NodeJS.WriteStream;
}

/**
 * Talks until the user leaves; resolves to the exit code. The terminal is as it was afterwards.
 * Throws `invalid-request` where keys cannot be read one by one.
 */
export async function startChat(options: ChatOptions): Promise<number> {
	const {stdin, stdout, env} = options;
	if (!stdin.isTTY || !stdout.isTTY || typeof stdin.setRawMode !== 'function')
		throw new MofaError('invalid-request', {
			path: 'terminal',
			expected: 'one to chat in; give the prompt as an argument or pipe it in',
		});

	const theme = options.color ? colorTheme : plainTheme;
	const now = (): number => performance.now();
	const store = createStore(
		initialState({
			model: options.model,
			task: options.task,
			settings: {...defaultSettings, ...options.settings},
			size: screenSize(stdout),
		}),
	);
	store.dispatch({type: 'lines-printed', lines: welcomeLines({...options, because: options.because ?? null})});

	let view: View | undefined;
	/** Gives the screen away for a while, and draws the chat again below whatever happened there. */
	const lend = async <T>(borrow: () => T | Promise<T>): Promise<T> => {
		const skip = hide();
		terminal.release();
		try {
			return await borrow();
		} finally {
			terminal.acquire();
			show(skip);
		}
	};
	const hide = (): number => {
		view?.unmount();
		view = undefined;
		return store.state().printed.length;
	};
	const show = (skip: number): void => {
		store.dispatch({type: 'screen-resized', ...screenSize(stdout)});
		store.dispatch({type: 'screen-hidden', hidden: false});
		view = mountView({store, theme, now, skip, stdin, stdout});
	};
	const chat = openChat({
		...options,
		store,
		now,
		clearScreen() {
			const skip = hide();
			stdout.write('\u001B[H\u001B[2J');
			show(skip);
		},
		openEditor: text => lend(async () => editText(text, await editorCommand(env))),
		suspend: () => (process.platform === 'win32' ? Promise.resolve() : lend(suspendProcess)),
	});
	const terminal = createTerminal({stdin, stdout}, {input: chat.input, hangUp: chat.leave});
	const resized = (): void => {
		const size = screenSize(stdout);
		if (view !== undefined && size.columns < store.state().size.columns) view.resized(size.columns);
		store.dispatch({type: 'screen-resized', ...size});
	};
	stdout.on('resize', resized);
	const stopped = endSignals(chat.leave);
	const mountView = await loadView();
	terminal.acquire();
	show(0);
	await chat.ended;

	hide();
	terminal.release();
	stdout.off('resize', resized);
	return stopped();
}

/** Ink falls silent where `CI` is set; but what we have is a terminal with a person at it. */
async function loadView(): Promise<(options: MountOptions) => View> {
	const {CI, CONTINUOUS_INTEGRATION} = process.env;
	process.env['CI'] = 'false';
	process.env['CONTINUOUS_INTEGRATION'] = 'false';
	try {
		return (await import('./components/mount.tsx')).mountView;
	} finally {
		restore('CI', CI);
		restore('CONTINUOUS_INTEGRATION', CONTINUOUS_INTEGRATION);
	}
}

function restore(name: string, value: string | undefined): void {
	if (value === undefined) delete process.env[name];
	else process.env[name] = value;
}

function screenSize({columns, rows}: NodeJS.WriteStream): {readonly columns: number; readonly rows: number} {
	return {columns: Math.max(8, columns || 80), rows: Math.max(4, rows || 24)};
}

/** Stops as any program does on Ctrl-Z. Where nothing can stop us, such as without job control, we just go on. */
async function suspendProcess(): Promise<void> {
	await new Promise<void>(resolve => {
		process.once('SIGCONT', resolve);
		process.kill(0, 'SIGTSTP');
		setTimeout(() => {
			process.off('SIGCONT', resolve);
			resolve();
		}, 200);
	});
}

/** Leaves in order when told to end; the function says with which exit code. */
function endSignals(leave: () => void): () => number {
	let code = 0;
	const listeners = (['SIGTERM', 'SIGHUP'] as const).map(signal => {
		const listener = (): void => {
			code = signal === 'SIGTERM' ? 143 : 129;
			leave();
		};
		process.once(signal, listener);
		return {signal, listener};
	});
	return () => {
		for (const {signal, listener} of listeners) process.off(signal, listener);
		return code;
	};
}
