import {existsSync} from 'node:fs';
import path from 'node:path';
import {findProgram as findInFolders} from '../../lib/ffmpeg.ts';

/** The pack that whoever started this process chose, else the first in the folders of `PATH`; null where there is none. */
export async function findProgram(environment: NodeJS.ProcessEnv = process.env): Promise<string | null> {
	const chosen = environment['MOFA_LLAMA_SERVER_RUNTIME'];
	if (chosen !== undefined && chosen !== '') return existsSync(chosen) ? path.resolve(chosen) : null;
	return findInFolders('llama-server', environment['PATH'] ?? '');
}
