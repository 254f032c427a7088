import * as list from './commands/list.ts';
import * as ps from './commands/ps.ts';
import * as stop from './commands/stop.ts';
import type {CommandModule} from './invocation.ts';

/**
 * Where each command's code is. The small ones that people wait for are in one file with this one: reading another
 * file takes longer than they do. Each of the others is a file of its own, since compiling takes time even when unused.
 */
export const commandModules: Readonly<Record<string, () => CommandModule | Promise<CommandModule>>> = {
	run: () => import('./commands/run.ts'),
	list: () => list,
	show: () => import('./commands/show.ts'),
	ps: () => ps,
	stop: () => stop,
	rm: () => import('./commands/rm.ts'),
	info: () => import('./commands/info.ts'),
	transcribe: () => import('./commands/transcribe.ts'),
	listen: () => import('./commands/listen.ts'),
	speak: () => import('./commands/speak.ts'),
	voices: () => import('./commands/voices.ts'),
	imagine: () => import('./commands/imagine.ts'),
	embed: () => import('./commands/embed.ts'),
	rerank: () => import('./commands/rerank.ts'),
	pipe: () => import('./commands/pipe.ts'),
	task: () => import('./commands/task.ts'),
	plugin: () => import('./commands/plugin.ts'),
	serve: () => import('./commands/serve.ts'),
	doctor: () => import('./commands/doctor.ts'),
	backend: () => import('./commands/backend.ts'),
	config: () => import('./commands/config.ts'),
	completion: () => import('./commands/completion.ts'),
	help: () => import('./commands/help.ts'),
	pull: () => import('./commands/pull.ts'),
	fit: () => import('./commands/fit.ts'),
	search: () => import('./commands/search.ts'),
	outdated: () => import('./commands/outdated.ts'),
	upgrade: () => import('./commands/upgrade.ts'),
	verify: () => import('./commands/verify.ts'),
	du: () => import('./commands/du.ts'),
	prune: () => import('./commands/prune.ts'),
	cp: () => import('./commands/cp.ts'),
	adopt: () => import('./commands/adopt.ts'),
};
