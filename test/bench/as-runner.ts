import {spawnSync} from 'node:child_process';
import {largePagesEnvironment} from '../../src/backends/llama/large-pages.ts';
import {runnerEnvironment} from '../../src/backends/worker/runner-environment.ts';

/**
 * Runs the case again in the environment that the daemon gives its runners, and ends with it, unless this is that run: how many
 * threads libuv has and which pages memory comes in are set before a process starts.
 */
export function asRunner(): void {
	if (process.env['MOFA_BENCH_RUNNER'] !== undefined) return;
	const {status} = spawnSync(process.execPath, process.argv.slice(1), {
		env: runnerEnvironment(process.env, {...largePagesEnvironment(process.env), MOFA_BENCH_RUNNER: 'yes'}),
		stdio: 'inherit',
	});
	process.exit(status ?? 1);
}
