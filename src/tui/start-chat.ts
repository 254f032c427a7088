import type {Client} from '../client/client.ts';
import {MofaError} from '../contract/error.ts';
import {openChat} from './chat.ts';
import {defaultSettings, type ChatSettings} from './chat-settings.ts';
import {editText, editorCommand} from './effects/text-editor.ts';
import {welcomeLines} from './notices.ts';
import {createScreen, screenSize} from './screen.ts';
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
	/** The model takes pictures, too. */
	readonly sees?: boolean;
	/** Why this model, when the user did not choose it. */
	readonly because?: string | undefined;
	/** What the command line set; the rest is as usual. */
	readonly settings?: Partial<ChatSettings>;
	/** Null: nothing typed is kept. */
	readonly historyFile: string | null;
	readonly sessionsFolder: string;
	/** Whether colours are wanted; weight and slant stay without them. */
	readonly color: boolean;
	/** For the editor's name and `MOFA_NOHISTORY`. */
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

	const now = (): number => performance.now();
	const forgetful = Boolean(env['MOFA_NOHISTORY']);
	const store = createStore(
		initialState({
			model: options.model,
			task: options.task,
			sees: options.sees === true,
			settings: {...defaultSettings, ...options.settings, ...(forgetful && {history: false})},
			size: screenSize(stdout),
		}),
	);
	store.dispatch({type: 'lines-printed', lines: welcomeLines({...options, because: options.because ?? null})});

	// Keys, and with them what needs the screen, come only once it is shown.
	const chat = openChat({
		...options,
		...(forgetful && {historyFile: null}),
		store,
		now,
		clearScreen: () => screen.clear(),
		openEditor: text => screen.lend(async () => editText(text, await editorCommand(env))),
		suspend: () => (process.platform === 'win32' ? Promise.resolve() : screen.lend(suspendProcess)),
	});
	let broken: {readonly error: unknown} | undefined;
	const onBroken = (error: unknown): void => {
		broken = {error};
		chat.leave();
	};
	const exitCode = onEndSignals(chat.leave);
	// The model loads while ink does.
	const mount = await loadView();
	const terminal = createTerminal({stdin, stdout}, {input: chat.input, hangUp: chat.leave});
	const theme = options.color ? colorTheme : plainTheme;
	const screen = createScreen({mount, terminal, store, theme, now, stdin, stdout, onBroken});
	screen.show();
	await chat.ended;

	screen.hide();
	if (broken !== undefined) throw broken.error;
	return exitCode();
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

/** Stops on Ctrl-Z, the way every program does. Where nothing can stop us, such as without job control, we just go on. */
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
function onEndSignals(leave: () => void): () => number {
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
