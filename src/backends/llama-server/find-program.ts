import {existsSync} from 'node:fs';
import path from 'node:path';

const name = process.platform === 'win32' ? 'llama-server.exe' : 'llama-server';

/** The pack that whoever started this process chose, else the first in the folders of `PATH`; null where there is none. */
export function findProgram(environment: NodeJS.ProcessEnv = process.env): string | null {
	const chosen = environment['MOFA_LLAMA_SERVER_RUNTIME'];
	if (chosen !== undefined && chosen !== '') return existsSync(chosen) ? path.resolve(chosen) : null;
	const folders = (environment['PATH'] ?? '').split(path.delimiter).filter(folder => folder !== '');
	return folders.map(folder => path.join(folder, name)).find(file => existsSync(file)) ?? null;
}
