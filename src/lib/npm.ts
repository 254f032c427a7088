import {spawn} from 'node:child_process';

/** npm could not be started, or could not do it. `message` is one line with what to do about it. */
export class NpmFailure extends Error {
	override readonly name = 'NpmFailure';
}

/** What no call of npm here wants: scripts of packages, optional and development parts, and talk. */
const always = [
	'--ignore-scripts',
	'--omit=optional',
	'--omit=dev',
	'--no-audit',
	'--no-fund',
	'--no-update-notifier',
	'--loglevel=error',
];

/**
 * Runs npm in a folder, without a script of any package. npm does the fetching because it knows the user's registry, proxy and
 * certificates. Throws `NpmFailure`, and what the signal says where it aborts.
 */
export function runNpm([verb = '', ...words]: readonly string[], folder: string, signal: AbortSignal): Promise<void> {
	return new Promise((resolve, reject) => {
		const npm = spawn('npm', [verb, ...always, ...words], {
			cwd: folder,
			stdio: ['ignore', 'ignore', 'pipe'],
			signal,
			windowsHide: true,
			shell: process.platform === 'win32',
		});
		let said = '';
		npm.stderr.setEncoding('utf8').on('data', (text: string) => (said = `${said}${text}`.slice(-8000)));
		npm.on('error', error =>
			reject(
				signal.aborted
					? error
					: new NpmFailure(`npm could not be started (${error.message}): install npm, then try again`),
			),
		);
		npm.on('close', code => (code === 0 ? resolve() : reject(new NpmFailure(npmProblem(said)))));
	});
}

/** npm's own words in one line, with what to do for the problems people meet. */
export function npmProblem(said: string): string {
	if (/ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ECONNRESET|ENETUNREACH|ENOTCACHED/.test(said))
		return 'the npm registry cannot be reached: check the network or the proxy, then try again';
	if (/EINTEGRITY/.test(said)) return 'a package arrived damaged, or is not the one mofa was tested with: try again';
	if (/ENOSPC/.test(said)) return 'the disk is full: make room, then try again';
	const line = said
		.split('\n')
		.find(
			text =>
				/npm (ERR!|error)/.test(text) &&
				/\w/.test(text.replace(/npm (ERR!|error)/, '')) &&
				!/A complete log|(ERR!|error) code /.test(text),
		);
	return line?.replace(/^npm (ERR!|error)\s*/, '').trim() || 'npm failed without saying why';
}
