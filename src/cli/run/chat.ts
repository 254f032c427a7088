import type {Client} from '../../client/client.ts';
import {currentPaths} from '../../settings/paths.ts';
import {readSettings} from '../../settings/settings.ts';
import type {Terminal} from '../terminal.ts';
import type {RunOptions} from './options.ts';

export interface Conversation {
	readonly client: Client;
	readonly model: string;
	readonly task: 'chat' | 'completion';
	/** It takes pictures, too. */
	readonly sees: boolean;
	/** Why this model, when the person did not choose it. */
	readonly because?: string | undefined;
	readonly options: RunOptions;
	readonly terminal: Terminal;
}

/** Opens the chat on the terminal of this process; resolves to the exit code when the person leaves. */
export async function chat({client, model, task, sees, because, options, terminal}: Conversation): Promise<number> {
	const paths = currentPaths();
	const [{startChat}, {history}] = await Promise.all([
		import('../../tui/start-chat.ts'),
		readSettings(paths.settingsFile, terminal.env),
	]);
	const {sampling, maxTokens, stop, load} = options.settings;
	return startChat({
		client,
		model,
		task,
		sees,
		because,
		settings: {
			system: options.system ?? null,
			think: options.think ?? null,
			hideThinking: options.hideThinking,
			verbose: options.verbose,
			history,
			format: options.format ?? null,
			sampling,
			maxTokens: maxTokens ?? null,
			stop: stop ?? [],
			load,
			keepAlive: options.keepAlive ?? null,
		},
		historyFile: history ? paths.history : null,
		sessionsFolder: paths.sessions,
		color: terminal.stdout.color,
		env: terminal.env,
		stdin: process.stdin,
		stdout: process.stdout,
	});
}
