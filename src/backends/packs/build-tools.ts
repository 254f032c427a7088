import {spawn} from 'node:child_process';
import {MofaError} from '../../contract/error.ts';
import type {Pack} from './pack.ts';

interface Tool {
	readonly name: string;
	/** What is started with `--version`. */
	readonly program: string;
}

/** What the build of a pack takes, as CMake looks for it. */
export function toolsFor(environment: NodeJS.ProcessEnv): readonly Tool[] {
	const ninja = environment['CMAKE_GENERATOR']?.startsWith('Ninja') === true;
	return [
		{name: 'git', program: 'git'},
		{name: 'cmake', program: 'cmake'},
		ninja ? {name: 'ninja', program: 'ninja'} : {name: 'make', program: 'make'},
		// Its variable may hold options as well.
		{name: 'a C++ compiler', program: environment['CXX']?.split(' ')[0] || 'c++'},
	];
}

/** Before anything is fetched. Throws `backend-unavailable` with what is missing, and how to get it. */
export async function checkTools(
	pack: Pack,
	signal: AbortSignal,
	environment: NodeJS.ProcessEnv = process.env,
): Promise<void> {
	const tools = toolsFor(environment);
	const answers = await Promise.all(tools.map(({program}) => answersTo(program, environment, signal)));
	signal.throwIfAborted();
	const missing = tools.filter((_, index) => answers[index] === false).map(({name}) => name);
	if (missing.length === 0) return;
	throw new MofaError('backend-unavailable', {
		backend: pack.backend,
		reason: 'not-installed',
		hint: missingHint(missing, process.platform),
	});
}

/** Pure. */
export function missingHint(missing: readonly string[], platform: NodeJS.Platform): string {
	const how =
		platform === 'darwin'
			? 'xcode-select --install, then brew install cmake'
			: 'apt install git cmake build-essential, or dnf install git cmake make gcc-c++';
	return `it is built on this machine, and what builds it is missing: ${missing.join(', ')} (${how})`;
}

function answersTo(program: string, env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<boolean> {
	return new Promise(resolve => {
		const child = spawn(program, ['--version'], {stdio: 'ignore', timeout: 20_000, env, signal, windowsHide: true});
		child.once('error', () => resolve(false));
		child.once('close', code => resolve(code === 0));
	});
}
