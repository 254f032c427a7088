import {spawn} from 'node:child_process';
import {access, constants, mkdtemp, readFile, rm, writeFile} from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import {MofaError} from '../../contract/error.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** The user's own editor, else the simplest one that is there. */
export async function editorCommand(env: Environment, platform: NodeJS.Platform = process.platform): Promise<string> {
	const chosen = env['MOFA_EDITOR'] || env['VISUAL'] || env['EDITOR'];
	if (chosen) return chosen;
	if (platform === 'win32') return 'notepad';
	return (await isOnPath('nano', env)) ? 'nano' : 'vi';
}

/** Lets a text be changed in an editor that has the terminal meanwhile. Throws `file-error` when it cannot. */
export async function editText(text: string, command: string): Promise<string> {
	const folder = await mkdtemp(path.join(os.tmpdir(), 'mofa-message-'));
	const file = path.join(folder, 'message.md');
	try {
		await writeFile(file, text, {mode: 0o600});
		const code = await runEditor(command, file);
		if (code !== 0) throw new MofaError('file-error', {path: command, problem: `the editor ended with code ${code}`});
		return (await readFile(file, 'utf8')).replaceAll('\r\n', '\n').replace(/\n+$/, '');
	} finally {
		await rm(folder, {recursive: true, force: true});
	}
}

/** The command may have arguments of its own (`code --wait`), so a shell reads it; the file name is no part of it. */
async function runEditor(command: string, file: string): Promise<number | null> {
	const child =
		process.platform === 'win32'
			? spawn(`${command} "${file}"`, {stdio: 'inherit', shell: true})
			: spawn('/bin/sh', ['-c', `${command} "$1"`, 'sh', file], {stdio: 'inherit'});
	return new Promise((resolve, reject) => {
		child.once('error', error =>
			reject(new MofaError('file-error', {path: command, problem: error.message}, {cause: error})),
		);
		child.once('exit', code => resolve(code));
	});
}

async function isOnPath(name: string, env: Environment): Promise<boolean> {
	const folders = (env['PATH'] ?? '').split(path.delimiter).filter(folder => folder !== '');
	const found = await Promise.all(
		folders.map(folder =>
			access(path.join(folder, name), constants.X_OK).then(
				() => true,
				() => false,
			),
		),
	);
	return found.includes(true);
}
