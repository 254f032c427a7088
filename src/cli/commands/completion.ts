import {readFile} from 'node:fs/promises';
import path from 'node:path';
import {packageRoot} from '../../lib/package-root.ts';
import {exitCodes} from '../exit-code.ts';
import type {Invocation} from '../invocation.ts';
import {usageFailure} from '../report-failure.ts';

/** What each shell needs to ask `mofa __complete` for suggestions. */
const scripts: Readonly<Record<string, string>> = {
	bash: 'mofa.bash',
	zsh: 'mofa.zsh',
	fish: 'mofa.fish',
	pwsh: 'mofa.ps1',
};

export async function run({words, terminal}: Invocation): Promise<number> {
	const [shell = ''] = words;
	const script = Object.hasOwn(scripts, shell) ? scripts[shell] : undefined;
	if (script === undefined)
		return usageFailure(
			terminal,
			`there is no completion for "${shell}"`,
			`it exists for ${Object.keys(scripts).join(', ')}`,
		);
	await terminal.stdout.write(await readFile(path.join(packageRoot(), 'registry', 'completion', script), 'utf8'));
	return exitCodes.ok;
}
